"""Where the world comes in: the microphone and the ring buffer behind it."""
