"""Options of qdiscs, one module a kind that has any."""
