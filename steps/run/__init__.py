"""Test users prepared, files delivered, started by hand or once more, and followed to the end of their execution."""
