"""Sound and a display without a sound card and a screen: private servers that live as long as a test run."""
