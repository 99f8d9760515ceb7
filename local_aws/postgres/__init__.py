"""PostgreSQL 16 in a private folder, as a replacement for Aurora."""
