"""The operators' command line: one command for each manual task."""
