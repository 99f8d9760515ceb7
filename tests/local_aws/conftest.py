"""One embedded AWS for all tests of it, and what they deploy there."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws import LocalAws
from tests.local_aws.helpers import Function, unique, zipped

ACCOUNT, REGION = "123456789012", "ap-northeast-1"
Deploy = Callable[..., Function]


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    with LocalAws.start(account=ACCOUNT, region=REGION) as running:
        yield running


@pytest.fixture(scope="session")
def client(aws: LocalAws) -> Callable[[str], Any]:
    """A client of a service by its name; it never retries, so that a test sees each answer."""
    session = boto3.Session("test", "test", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1}, read_timeout=60, max_pool_connections=20)
    clients: dict[str, Any] = {}

    def named(service: str) -> Any:
        if service not in clients:
            clients[service] = session.client(service, endpoint_url=aws.endpoint_url, config=config)  # type: ignore[call-overload]
        return clients[service]

    return named


@pytest.fixture(scope="session")
def role(client: Callable[[str], Any]) -> str:
    answer = client("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")
    return str(answer["Role"]["Arn"])


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
