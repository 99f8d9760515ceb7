"""RDS: reports the gate as the endpoint of clusters, and restarts PostgreSQL when a writer is restarted."""
