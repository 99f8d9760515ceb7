"""EventBridge: delivers S3 events and events of PutEvents to the targets of the rules that they match."""
