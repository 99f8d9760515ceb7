"""Derives the verdict from the results of scenarios: checklist lines, waivers, the record of a session."""
