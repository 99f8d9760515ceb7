"""IAM: identify the caller and operation of each request to the embedded AWS, and authorize it before any service."""
