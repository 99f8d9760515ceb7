"""Authentication: who signed a request, by which access key, and whether the signature is right."""
