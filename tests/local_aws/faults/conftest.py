"""Fixtures that faults are injected into: a table, a bucket, a function that writes."""

from collections.abc import Iterator

import pytest

from tests.local_aws.conftest import REGION, Deploy
from tests.local_aws.faults.making import Client, Table
from tests.local_aws.helpers import Function, unique

KEEP = (
    "import boto3\n"
    "table = boto3.client('dynamodb')\n"
    "def handler(event, context):\n"
    "    table.put_item(TableName=event['table'], Item={'id': {'S': event['id']}})\n"
    "    return 'kept'\n"
)


@pytest.fixture
def table(client: Client) -> Iterator[Table]:
    made = Table(client("dynamodb"), unique("table"))
    made.client.create_table(
        TableName=made.name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield made
    made.client.delete_table(TableName=made.name)


@pytest.fixture
def bucket(client: Client) -> str:
    name = unique("bucket")
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


@pytest.fixture
def keeper(deploy: Deploy, table: Table) -> Function:
    """A function that keeps an item in the table, of which it is told by name."""
    return deploy(KEEP)
