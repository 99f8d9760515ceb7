"""EventBridge: events of S3, and those put by hand, delivered to the targets of the rules that they match."""
