"""Evidence that is seen sooner than read: pure functions from what was observed to SVG."""
