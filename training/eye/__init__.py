"""The eye: a small vision encoder taught to say what it sees in the Thinker's own token embeddings."""
