"""The dev account that the stand-in serves: its names, and what sessions leave and ask for there."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.request import Request, urlopen

import psycopg
import pytest

from steps.drivers.names import Names
from steps.drivers.suite_lock import KEY
from tests.acceptance.conftest import Accept, client

STAND_IN = ("-m", "steps.targets.stand_in")
NAMES = Names("526636471122")
STATIC = {"RSK-01", "RSK-02", "RSK-03", "DAT-09", "CTM-03"}
"""The lines that are judged by reading there."""


@pytest.fixture
def accept(accept_in_account: Accept) -> Accept:
    return accept_in_account


def rows(account: Mapping[str, str], question: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(account["DATABASE_URL"]) as connection:
        return connection.execute(question).fetchall()


def traces(account: Mapping[str, str]) -> dict[str, Any]:
    """All that a session may have written."""
    versions = client(account, "s3").list_object_versions(Bucket=NAMES.bucket, Prefix="incoming/")
    executions = client(account, "stepfunctions").list_executions(stateMachineArn=NAMES.state_machine_arn)
    lock = client(account, "dynamodb").get_item(TableName=NAMES.job_locks, Key={"lock_key": {"S": KEY}})
    return {
        "users": rows(account, "SELECT user_id, username, email FROM users ORDER BY user_id"),
        "statistics": rows(account, "SELECT user_id, login_count, post_count FROM user_statistics ORDER BY user_id"),
        "versions": [version["VersionId"] for version in versions.get("Versions", [])],
        "lock": lock.get("Item"),
        "executions": executions["executions"],
    }


def allowed(policy: str) -> set[str]:
    """Every action that a policy allows."""
    actions = [each["Action"] for each in json.loads(policy)["Statement"]]
    return {action for each in actions for action in ([each] if isinstance(each, str) else each)}


def asked(account: Mapping[str, str], role: str = "csv-acceptance") -> set[str]:
    """The actions that the role has needed, as IAM has seen it."""
    keys = f"{account['AWS_ACCESS_KEY_ID']}:{account['AWS_SECRET_ACCESS_KEY']}"
    headers = {"Authorization": f"Basic {base64.b64encode(keys.encode()).decode()}"}
    with urlopen(Request(f"{account['AWS_ENDPOINT_URL']}/_iam/asked", headers=headers), timeout=10) as answer:
        return set(json.load(answer)[f"arn:aws:iam::{NAMES.account}:role/{role}"])
