"""What becomes of a network when an apply is killed, refused, or disturbed. See docs/reliability.md."""
