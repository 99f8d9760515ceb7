"""Derives causes from what was found: diagnoses, best first, from a documented list (docs/diagnoses.md)."""
