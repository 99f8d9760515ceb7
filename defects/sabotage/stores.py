"""Changes to the stored data and to the database login."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
import psycopg

from defects.sabotage.aws import aws, names


def sql(statement: str) -> None:
    """Run an SQL statement; raises LookupError if it affects no row."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        done = connection.execute(statement)
        if not done.rowcount:
            raise LookupError(f"{statement}: no row")


def item(table: str, filter: str, changes: str) -> None:
    """Change the items of a table with the attributes of `filter`, or delete them if `changes` is null; both JSON."""
    resource: Any = boto3.resource("dynamodb")
    table_ = resource.Table(getattr(names(), table))
    keys = [key["AttributeName"] for key in table_.key_schema]
    wanted, told = json.loads(filter), json.loads(changes)
    found = [each for each in table_.scan()["Items"] if wanted.items() <= each.items()]
    if not found:
        raise LookupError(f"no item of {table} has {filter}")
    for each in found:
        if told is None:
            table_.delete_item(Key={key: each[key] for key in keys})
        else:
            table_.put_item(Item={**each, **told})


def change_login(changes: str) -> None:
    """Change username or password, given as JSON, in the secret that the functions use."""
    secrets, (splitter, _) = aws("secretsmanager"), names().functions
    told = aws("lambda").get_function_configuration(FunctionName=splitter)["Environment"]["Variables"]
    secret = told["AURORA_SECRET_ARN"]
    login = json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])
    secrets.put_secret_value(SecretId=secret, SecretString=json.dumps(login | json.loads(changes)))


def limit_connections(most: str) -> None:
    """Make the functions log in as a user with this limit of concurrent connections."""
    sql(
        f"CREATE ROLE pipeline LOGIN PASSWORD 'limited' CONNECTION LIMIT {int(most)}; GRANT pg_read_all_data,"
        " pg_write_all_data TO pipeline; GRANT TEMPORARY ON DATABASE csvbatch TO pipeline"
    )
    change_login('{"username": "pipeline", "password": "limited"}')
