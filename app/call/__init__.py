"""Whose turn it is: voice activity, the turn machine, and the thread that listens."""
