"""DynamoDB: serializes requests, which moto does not isolate."""
