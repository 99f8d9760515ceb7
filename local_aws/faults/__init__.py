"""Faults that are really made: requests refused, answers lost, callers killed, requests held, each by a rule."""
