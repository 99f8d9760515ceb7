"""The verdict made to be trusted later: what was tested, by digests, what it came to, and whether that still holds."""
