"""DynamoDB: what moto needs to be asked in a row."""
