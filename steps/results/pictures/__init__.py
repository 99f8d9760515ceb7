"""Evidence as pictures: pure functions that render observations as SVG."""
