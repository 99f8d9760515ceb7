"""Step Functions: layers that correct execution names, request ids and error codes in which moto differs from AWS."""
