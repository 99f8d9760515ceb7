"""DynamoDB under concurrent writers: what was acknowledged is there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.local_aws.helpers import unique


@pytest.fixture
def table(client: Callable[[str], Any]) -> str:
    name = unique("table")
    client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    return name


def test_no_write_beside_a_refused_transaction_is_lost(client: Callable[[str], Any], table: str):
    dynamodb = client("dynamodb")
    taken = {"id": {"S": "taken"}}
    dynamodb.put_item(TableName=table, Item=taken)

    def refused(n: int) -> None:
        mine = {"Put": {"TableName": table, "Item": {"id": {"S": f"undone {n}"}}}}
        condition = {"TableName": table, "Item": taken, "ConditionExpression": "attribute_not_exists(id)"}
        with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
            dynamodb.transact_write_items(TransactItems=[mine, {"Put": condition}])

    def written(n: int) -> None:
        dynamodb.put_item(TableName=table, Item={"id": {"S": f"done {n}"}})

    with ThreadPoolExecutor(5) as threads:
        for done in [threads.submit(write, n) for n in range(100) for write in (refused, written)]:
            done.result()
    found = {item["id"]["S"] for item in dynamodb.scan(TableName=table)["Items"]}
    assert found == {"taken"} | {f"done {n}" for n in range(100)}
