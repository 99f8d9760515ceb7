"""Masks the secrets in every text that a session writes or prints."""
