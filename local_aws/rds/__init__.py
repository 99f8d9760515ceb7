"""RDS: tells of clusters where PostgreSQL is reached, and restarts it where a writer is restarted."""
