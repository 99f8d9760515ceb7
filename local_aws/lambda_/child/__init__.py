"""The code that runs inside a function's process, on the standard library alone."""
