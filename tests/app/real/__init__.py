"""Tests with real parts: sound through a real sound server, windows on a real display."""
