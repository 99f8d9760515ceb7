"""The network: who reaches Aurora is decided by VPCs and security groups, and enforced by a gate before PostgreSQL."""
