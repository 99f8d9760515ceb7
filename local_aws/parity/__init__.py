"""Parity: runs recorded cases against the embedded AWS, and reports where its answer differs from AWS's."""
