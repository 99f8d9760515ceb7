"""Tests of the bundled pipeline: its pure parts alone, its steps on a real PostgreSQL and an embedded AWS."""
