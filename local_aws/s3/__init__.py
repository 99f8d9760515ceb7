"""S3: sends an event to the event bus for each created object."""
