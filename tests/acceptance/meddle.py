"""What somebody can do to a running pipeline from outside: run by --after-deploy and --after-run."""

import os
import signal
import sys

import boto3
import psycopg

PROJECT = "csv-parallel-processing"
PROCESSOR = f"{PROJECT}-csv-processor-dev"


def disable_rule() -> None:
    boto3.client("events").disable_rule(Name=f"{PROJECT}-csv-upload-dev")


def remove_variables() -> None:
    client = boto3.client("lambda")
    variables = client.get_function_configuration(FunctionName=PROCESSOR)["Environment"]["Variables"]
    del variables["AURORA_SECRET_ARN"], variables["CHUNK_SIZE"]
    client.update_function_configuration(FunctionName=PROCESSOR, Environment={"Variables": variables})


def alter_count() -> None:
    _sql("UPDATE user_statistics SET login_count = login_count + 1 WHERE user_id = 'U00042'")


def stop_postgres() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        (folder,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        with open(f"{folder}/postmaster.pid") as file:  # noqa: PTH123
            pid = int(file.readline())
    os.kill(pid, signal.SIGKILL)


def _sql(statement: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        changed = connection.execute(statement).rowcount
    assert changed == 1, f"{statement}: {changed} rows"


if __name__ == "__main__":
    globals()[sys.argv[1]]()
