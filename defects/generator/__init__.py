"""Mutants of any pipeline folder, made by operators: the acceptance is judged by faults that nobody chose for it."""
