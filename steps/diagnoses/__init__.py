"""From what was found to why it is so: causes, best first, from a documented list (docs/diagnoses.md)."""
