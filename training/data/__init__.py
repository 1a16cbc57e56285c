"""Training data: texts, synthetic speech and the shards both are kept in."""
