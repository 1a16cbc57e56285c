"""Conversations that outlive the program: one SQLite file, read and written on a thread of its own. No Qt, no torch."""
