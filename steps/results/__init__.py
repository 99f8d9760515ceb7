"""Checks of what an execution left in Aurora, DynamoDB, S3 and CloudWatch Logs."""
