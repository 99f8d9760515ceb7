"""Likely faults made or planted, what a report says of them, and the schedule of a session."""
