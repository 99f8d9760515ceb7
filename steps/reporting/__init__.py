"""The output of a session: progress while it runs, and reports of its verdict at its end."""
