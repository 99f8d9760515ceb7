"""What somebody can do to a running pipeline from outside: run by --after-deploy and --after-run."""

import json
import os
import signal
import sys
from typing import Any

import boto3
import psycopg

PROJECT = "csv-parallel-processing"
PROCESSOR = f"{PROJECT}-csv-processor-dev"


def disable_rule() -> None:
    boto3.client("events").disable_rule(Name=f"{PROJECT}-csv-upload-dev")


def double_rule() -> None:
    events = boto3.client("events")
    rule = events.describe_rule(Name=f"{PROJECT}-csv-upload-dev")
    (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    events.put_rule(Name="another", EventPattern=rule["EventPattern"])
    events.put_targets(Rule="another", Targets=[target])


def throttle() -> None:
    boto3.client("lambda").put_function_concurrency(
        FunctionName=f"{PROJECT}-csv-splitter-dev", ReservedConcurrentExecutions=0
    )


def misname_handler() -> None:
    boto3.client("lambda").update_function_configuration(FunctionName=PROCESSOR, Handler="processor.handle")


def remove_layers() -> None:
    boto3.client("lambda").update_function_configuration(FunctionName=PROCESSOR, Layers=[])


def remove_variables() -> None:
    client = boto3.client("lambda")
    variables = client.get_function_configuration(FunctionName=PROCESSOR)["Environment"]["Variables"]
    del variables["AURORA_SECRET_ARN"], variables["CHUNK_SIZE"]
    client.update_function_configuration(FunctionName=PROCESSOR, Environment={"Variables": variables})


def leave_network() -> None:
    for function in (PROCESSOR, f"{PROJECT}-csv-splitter-dev"):
        boto3.client("lambda").update_function_configuration(
            FunctionName=function, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}
        )


def withdraw_permission() -> None:
    iam, role = boto3.client("iam"), "csv-lambda-processor-role-dev"
    document: Any = iam.get_role_policy(RoleName=role, PolicyName="pipeline")["PolicyDocument"]
    document["Statement"] = [each for each in document["Statement"] if each["Sid"] != "ConnectToAurora"]
    iam.put_role_policy(RoleName=role, PolicyName="pipeline", PolicyDocument=json.dumps(document))


def refuse_users() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("CREATE RULE nobody AS ON INSERT TO users DO INSTEAD NOTHING")


def alter_count() -> None:
    _sql("UPDATE user_statistics SET login_count = login_count + 1 WHERE user_id = 'U00042'")


def delete_row() -> None:
    _sql("DELETE FROM user_statistics WHERE user_id = 'U00042'")


def alter_bystander() -> None:
    _sql("UPDATE user_statistics SET post_count = post_count - 1 WHERE user_id = 'U00101'")


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
