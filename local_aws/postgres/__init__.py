"""PostgreSQL 16 in a private folder, in the place of Aurora."""
