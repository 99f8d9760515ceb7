"""Takes secrets out of every text that a session writes or prints."""
