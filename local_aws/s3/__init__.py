"""S3: tells the event bus of objects that are created."""
