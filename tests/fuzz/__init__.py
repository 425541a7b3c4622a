"""Bytes and texts that nobody foresaw: a state, things, or the error that says so; nothing else, and no hang."""
