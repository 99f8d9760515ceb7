"""Adds files of user activity to the users' totals; both functions run this package."""
