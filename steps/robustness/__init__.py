"""Faults injected into a delivery, bad records and bad files, and the invariants that hold after each."""
