"""Steps about likely faults, injected or planted, their diagnoses in reports, and the schedule of a session."""
