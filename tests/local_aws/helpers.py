"""Helpers of the tests of the embedded AWS: packages from source, waiting, invoking."""

import io
import json
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def zipped(files: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def eventually(look: Callable[[], T], what: str, within: float = 20) -> T:
    """Wait until `look` returns something, and return it."""
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {within} s for {what}; last saw {found!r}"
        time.sleep(0.02)
    return found


SERVICES = ("lambda.amazonaws.com", "states.amazonaws.com", "events.amazonaws.com")


NOTHING = {"Effect": "Allow", "Action": "no-service:NoAction", "Resource": "*"}
"""A policy that allows nothing; IAM refuses a policy without a statement."""


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements or [NOTHING])})


def trusting(*services: str) -> str:
    return policy({"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"})


def make_role(iam: Any, name: str, *statements: Mapping[str, Any], services: tuple[str, ...] = SERVICES) -> str:
    """Makes a role that the services may assume, and that allows what the statements do; its ARN."""
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting(*services))
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
    return str(made["Role"]["Arn"])


def make_powerful_role(iam: Any) -> str:
    """Makes a role for tests that are not about roles."""
    return make_role(iam, "any", {"Effect": "Allow", "Action": "*", "Resource": "*"})


@dataclass(frozen=True)
class Reply:
    """The result of an invocation."""

    payload: Any
    error: str | None
    request_id: str


@dataclass(frozen=True)
class Function:
    """A deployed function."""

    name: str
    arn: str
    client: Any

    def __call__(self, event: Any = None, qualifier: str | None = None) -> Reply:
        arguments = {"Qualifier": qualifier} if qualifier else {}
        answer = self.client.invoke(FunctionName=self.name, Payload=json.dumps(event).encode(), **arguments)
        payload = json.loads(answer["Payload"].read())
        return Reply(payload, answer.get("FunctionError"), answer["ResponseMetadata"]["RequestId"])


def runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for a parent to ask does not."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        except (FileNotFoundError, ProcessLookupError):
            return False
    state = subprocess.run(["/bin/ps", "-o", "state=", "-p", str(pid)], stdout=subprocess.PIPE, check=False).stdout
    return bool(state) and not state.startswith(b"Z")
