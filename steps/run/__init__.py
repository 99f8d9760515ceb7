"""Prepares test users, delivers files, starts or redelivers them, and follows each execution to its end."""
