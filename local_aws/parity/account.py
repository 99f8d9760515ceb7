"""The account in which cases run: clients of the embedded AWS, and resources that many cases share."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.process import LocalAws

ACCOUNT, REGION = "123456789012", "us-east-1"
PASS = json.dumps({"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}})
_PATIENCE_SECONDS = 20
_SERVICES = ["lambda.amazonaws.com", "states.amazonaws.com", "events.amazonaws.com"]


class Account:
    """Clients of a running embedded AWS."""

    def __init__(self, aws: LocalAws) -> None:
        self._clients: dict[str, Any] = {}
        self._endpoint = aws.endpoint_url
        keys = (aws.environment["AWS_ACCESS_KEY_ID"], aws.environment["AWS_SECRET_ACCESS_KEY"])
        self._session = boto3.Session(*keys, region_name=REGION)

    def client(self, service: str) -> Any:
        """Return a client that validates no parameters and never retries: the embedded AWS has to answer itself."""
        if service not in self._clients:
            config = Config(retries={"total_max_attempts": 1}, parameter_validation=False, max_pool_connections=20)
            make: Any = self._session.client
            self._clients[service] = make(service, endpoint_url=self._endpoint, config=config)
        return self._clients[service]

    @cached_property
    def role(self) -> str:
        """A role that may do everything, assumed by all services that cases use."""
        return self.make_role(_SERVICES, "*")

    @cached_property
    def resources(self) -> dict[str, str]:
        """Names, ARNs and URLs by the placeholders that cases have for them: a bucket, a table, topics and a queue."""
        bucket, table = unique("bucket"), unique("table")
        self.client("s3").create_bucket(Bucket=bucket)
        self.client("s3").put_object(Bucket=bucket, Key="in.txt", Body=b"text data")
        self.client("dynamodb").create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "kept"}, "data": {"S": "HelloWorld"}})
        make_topic, fifo = self.client("sns").create_topic, unique("topic") + ".fifo"
        return {
            "<bucket>": bucket,
            "<table>": table,
            "<topic>": make_topic(Name=unique("topic"))["TopicArn"],
            "<fifo-topic>": make_topic(Name=fifo, Attributes={"FifoTopic": "true"})["TopicArn"],
            "<queue>": self.client("sqs").create_queue(QueueName=unique("queue"))["QueueUrl"],
        }

    def make_role(self, services: list[str], action: str) -> str:
        """Make a role that `services` may assume, with one action on all resources; return its ARN."""
        trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
        permission = {"Effect": "Allow", "Action": action, "Resource": "*"}
        name = unique("role")
        made = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
        self.client("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(permission))
        return str(made["Role"]["Arn"])

    def make_function(self, code: str, **settings: Any) -> Any:
        """Create a function of one file, app.py, or app.js of a function in Node; return its configuration."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            files.writestr("app.js" if settings.get("Runtime", "").startswith("nodejs") else "app.py", code)
        wanted = {"Runtime": "python3.13", "Handler": "app.handler", "Timeout": 20, "Role": self.role, **settings}
        code_of = {"ZipFile": archive.getvalue()}
        return self.client("lambda").create_function(FunctionName=unique("function"), Code=code_of, **wanted)

    def make_machine(self, definition: str) -> str:
        """Create a state machine; return its ARN."""
        make = self.client("stepfunctions").create_state_machine
        return str(make(name=unique("machine"), definition=definition, roleArn=self.role)["stateMachineArn"])

    def execute(self, machine: str, text: str) -> dict[str, Any]:
        """Start an execution with an input of JSON text; return its description when it has ended."""
        states = self.client("stepfunctions")
        started = states.start_execution(stateMachineArn=machine, input=text)["executionArn"]
        ended = lambda: (found := states.describe_execution(executionArn=started))["status"] != "RUNNING" and found  # noqa: E731
        return dict(wait_for(ended) or {"error": "still running", "cause": ""})


def unique(prefix: str) -> str:
    """Return a name that no other resource has."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def policy(*statements: Any, version: str = "2012-10-17") -> str:
    """Return a policy document of `statements`."""
    return json.dumps({"Version": version, "Statement": statements})


def wait_for(look: Callable[[], Any], seconds: float = _PATIENCE_SECONDS) -> Any:
    """Return what `look` finds, or its last answer after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def refusal_of(error: ClientError) -> str:
    """Return code and message of a refusal."""
    return "{Code}: {Message}".format(**error.response["Error"])
