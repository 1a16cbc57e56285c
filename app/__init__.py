"""What people touch: the window, the commands, sound in and out. No tensor lives here; the engine is a process away."""
