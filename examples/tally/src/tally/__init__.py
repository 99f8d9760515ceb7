"""Adds files of user activity to the users' totals: one package, which both functions run."""
