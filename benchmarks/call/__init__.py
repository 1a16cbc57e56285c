"""What a call is measured by: a simulated room (`room`), and the sound server's devices (`answer`, `interrupt`)."""
