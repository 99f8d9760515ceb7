"""From the outcomes of scenarios to the verdict: lines of the checklist, waivers, the record of a session."""
