"""What measures speed: this engine alone, and side by side with the reference implementation."""
