"""Step Functions: what moto names, drops or words otherwise than AWS."""
