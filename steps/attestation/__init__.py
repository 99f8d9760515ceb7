"""Attests a verdict: digests of what was tested, the result, and a later check whether both still hold."""
