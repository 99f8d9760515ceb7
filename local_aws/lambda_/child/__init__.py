"""What runs inside a function's process, on the standard library alone."""
