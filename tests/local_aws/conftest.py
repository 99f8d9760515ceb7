"""One embedded AWS for all tests of it, and what they deploy there."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws import LocalAws
from tests.local_aws.authentication.signing import basic
from tests.local_aws.faults.making import Faults
from tests.local_aws.helpers import Function, make_powerful_role, unique, zipped
from tests.local_aws.inbox import Inbox

ACCOUNT, REGION = "123456789012", "ap-northeast-1"
Deploy = Callable[..., Function]
Layer = Callable[[dict[str, str]], str]
PASS = json.dumps({"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}})


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    with LocalAws.start(account=ACCOUNT, region=REGION) as running:
        yield running


@pytest.fixture(scope="session")
def client(aws: LocalAws) -> Callable[[str], Any]:
    """A client of a service by its name; it never retries, so that a test sees each answer."""
    keys = (aws.environment["AWS_ACCESS_KEY_ID"], aws.environment["AWS_SECRET_ACCESS_KEY"])
    session = boto3.Session(*keys, region_name=REGION)
    config = Config(retries={"total_max_attempts": 1}, read_timeout=60, max_pool_connections=20)
    clients: dict[str, Any] = {}

    def named(service: str) -> Any:
        if service not in clients:
            clients[service] = session.client(service, endpoint_url=aws.endpoint_url, config=config)  # type: ignore[call-overload]
        return clients[service]

    return named


@pytest.fixture(scope="session")
def role(client: Callable[[str], Any]) -> str:
    return make_powerful_role(client("iam"))


@pytest.fixture
def deploy(client: Callable[[str], Any], role: str) -> Deploy:
    """Makes a function of a source text, or of files, with any settings of CreateFunction."""

    def function(source: str | dict[str, str], **settings: Any) -> Function:
        files = {"app.py": source} if isinstance(source, str) else source
        wanted = {"Runtime": "python3.12", "Role": role, "Handler": "app.handler", "Timeout": 20, **settings}
        name = unique("function")
        wanted.setdefault("Code", {"ZipFile": zipped(files)})
        made = client("lambda").create_function(FunctionName=name, **wanted)
        return Function(name, made["FunctionArn"], client("lambda"))

    return function


@pytest.fixture
def layer(client: Callable[[str], Any]) -> Callable[[dict[str, str]], str]:
    """Publishes files as a layer and returns its version's ARN."""

    def published(files: dict[str, str]) -> str:
        answer = client("lambda").publish_layer_version(LayerName=unique("layer"), Content={"ZipFile": zipped(files)})
        return str(answer["LayerVersionArn"])

    return published


@pytest.fixture
def inbox(client: Callable[[str], Any], role: str) -> Iterator[Inbox]:
    bucket, rule = unique("inbox"), unique("rule")
    s3, events = client("s3"), client("events")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    machine = client("stepfunctions").create_state_machine(name=unique("machine"), definition=PASS, roleArn=role)
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"wildcard": "in/*"}]}},
    }
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": machine["stateMachineArn"], "RoleArn": role}])
    yield Inbox(client, bucket, machine["stateMachineArn"])
    events.remove_targets(Rule=rule, Ids=["1"])
    events.delete_rule(Name=rule)


@pytest.fixture
def faults(aws: LocalAws) -> Iterator[Faults]:
    made = Faults(aws.endpoint_url, basic(aws))
    yield made
    made.ask("DELETE")
