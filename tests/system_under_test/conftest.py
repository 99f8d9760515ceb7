"""The pipeline's steps as their handlers run them, on an embedded AWS that is started once for all tests."""

import importlib
import io
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local_aws import LocalAws

ROOT = Path(__file__).parents[2]
SYSTEM = ROOT / "system_under_test"
# As in Lambda: the function's own folder, and the layer's python folder.
sys.path[:0] = [
    str(SYSTEM / folder) for folder in ("layers/shared/python", "functions/splitter", "functions/processor")
]

from tests.system_under_test.environment import SETTINGS, drop_tables, function_settings, make_tables  # noqa: E402
from tests.system_under_test.pipeline import Pipeline  # noqa: E402

# Powertools reads its own settings when this is imported, which any test module may do.
with pytest.MonkeyPatch.context() as _patch:
    for _name, _value in SETTINGS.items():
        _patch.setenv(_name, _value)
    importlib.import_module("csv_pipeline.step")

NewUsers = Callable[[int], list[str]]
Log = Callable[[], list[dict[str, Any]]]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    """The embedded AWS with an empty schema of the pipeline."""
    with LocalAws.start(account="123456789012", region="ap-northeast-1", database="csvbatch") as aws:
        with psycopg.connect(aws.database_url, autocommit=True) as connection:
            connection.execute((ROOT / "sql" / "schema.sql").read_bytes())
        yield aws


@pytest.fixture(scope="session")
def functions(aws: LocalAws) -> Iterator[Pipeline]:
    """Both functions, started once."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (aws.environment | function_settings(aws)).items():
            patch.setenv(name, value)
        yield Pipeline(aws)


@pytest.fixture(scope="module")
def pipeline(functions: Pipeline) -> Iterator[Pipeline]:
    """The steps on empty tables: for each transaction, the embedded DynamoDB copies all that is in them."""
    make_tables(functions.dynamodb)
    yield functions
    drop_tables(functions.dynamodb)


@pytest.fixture
def database(aws: LocalAws) -> Iterator[psycopg.Connection]:
    """A session beside the pipeline's own."""
    with psycopg.connect(aws.database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def new_users(database: psycopg.Connection) -> NewUsers:
    """Registers so many active users that no other test knows, and returns their ids."""

    def register(count: int) -> list[str]:
        users = [f"U{next(_numbers):06d}" for _ in range(count)]
        with database.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO users (user_id, username, email) VALUES (%s, %s, %s)",
                [(user, user, f"{user}@example.com") for user in users],
            )
        return users

    return register


@pytest.fixture
def log(pipeline: Pipeline) -> Iterator[Log]:
    """The parsed log lines of the functions in this test."""
    handler: Any = importlib.import_module("csv_pipeline.step").logger.registered_handler
    lines = io.StringIO()
    before = handler.setStream(lines)
    yield lambda: [json.loads(line) for line in lines.getvalue().splitlines()]
    handler.setStream(before)
