"""What filters look for, one module a kind."""
