"""Qt widgets, one file a surface. They know view models and never the engine."""
