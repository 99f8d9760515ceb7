"""The SQL of a chunk. It is set-based throughout: one statement for all records, whatever their number."""
