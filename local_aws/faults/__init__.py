"""Fault injection by rules: fail a request, lose its response, kill the calling function, or hold a request."""
