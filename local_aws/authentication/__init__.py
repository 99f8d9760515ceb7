"""Authentication: finds the access key that signed a request, and verifies the signature."""
