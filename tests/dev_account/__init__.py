"""The dev account as its Terraform made it in August 2025, served by the embedded AWS."""
