"""Plain Python state that the widgets show; testable without Qt."""
