"""The network: VPCs and security groups decide which function reaches Aurora; a gate before PostgreSQL enforces it."""
