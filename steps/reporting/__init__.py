"""What a session leaves behind: progress while it runs, the verdict at its end."""
