"""A place where the pipeline runs, as the drivers need it: names, clients, database, patience."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local_aws import surroundings
from steps.cloudformation.declared import Clients, Declared
from steps.drivers.aurora import Secret
from steps.drivers.fault_injection import Faults
from steps.drivers.names import Names


@dataclass(frozen=True)
class Patience:
    """Seconds to wait: for an upload to start an execution, for its end, for the last log lines; between two looks."""

    start: float
    end: float
    logs: float
    look: float


@dataclass(frozen=True)
class Environment:
    """Everything that differs between targets, in one place.

    check: raises EnvironmentBroken when a part of it has ended by itself.
    client: a boto3 client by the service's name.
    database_url: how the database is reached from here; empty where the secret tells no login.
    database_name, aurora_endpoint, secret_arn: what the functions have to be told.
    declared: every resource of the templates, by its logical id.
    exports: the AWS_* and DATABASE_URL variables that reach it from a shell.
    credentials: AWS's variables beside them where those are the caller's, as they are by now.
    confidential: variables beside them that nobody may see written anywhere.
    sql: the folders of SQL files, the first having precedence.
    notes: what a reader of the verdict should know.
    gaps: what cannot be read back here, by type and property, and why.
    limits: items of the checklist that cannot be answered here, and why.
    shared: whether others use it too, so that nothing may be planted in it and rows may change by themselves.
    faults: sets faults, on a target that makes them.
    """

    target: str
    names: Names
    check: Callable[[], None]
    client: Clients
    database_url: str
    database_name: str
    aurora_endpoint: str
    secret_arn: str
    declared: Mapping[str, Declared]
    exports: dict[str, str]
    patience: Patience
    sql: list[Path]
    notes: list[str]
    gaps: Mapping[tuple[str, str], str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    shared: bool = False
    faults: Faults | None = None
    credentials: Callable[[], Mapping[str, str]] = field(default=dict, repr=False)
    confidential: Mapping[str, str] = field(default_factory=dict, repr=False)

    def secret(self) -> dict[str, str]:
        """The credentials that Secrets Manager holds for the database."""
        return Secret(self.client("secretsmanager"), self.secret_arn).told()

    def shell(self, command: str, **more: str) -> str:
        """What the user's `command` prints, led here by the exports, with `more`; CommandFailed if it ends badly."""
        return _printed(command, self._led() | more, shell=True)

    def python(self, module: str, *arguments: str, **more: str) -> str:
        """The same of `python -m module` of the project, in an environment where Python does what it does anywhere."""
        return _printed([*surroundings.python(module), *arguments], surroundings.for_python(self._led()) | more)

    def _led(self) -> dict[str, str]:
        return surroundings.led(os.environ, {**self.exports, **self.credentials()})


class EnvironmentBroken(Exception):
    """A part of the place where the pipeline runs has ended by itself: not the pipeline's fault."""

    diagnosis = "environment-broken"


class CommandFailed(Exception):
    """A command that was to run beside the acceptance did not end well; `said` is what it has printed."""

    diagnosis = "command-failed"

    def __init__(self, command: str, code: int, said: str) -> None:
        super().__init__(f"The command ended with {code}: {command}\n  evidence: {said}\n  remedy: mend the command")
        self.said = said


def _printed(command: str | list[str], environment: Mapping[str, str], *, shell: bool = False) -> str:
    done = subprocess.run(
        command, shell=shell, env=environment, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        line = command if isinstance(command, str) else shlex.join(command)
        raise CommandFailed(line, done.returncode, f"{done.stdout}\n{done.stderr}".strip()[-4000:])
    return done.stdout


def clients(exports: dict[str, str]) -> Clients:
    """boto3 clients by service, each made once, that look at `exports` alone and not at the user's configuration."""
    session: Any = boto3.Session(
        aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"],
        region_name=exports["AWS_REGION"],
    )
    # No proxy leads to an emulator on this machine, whatever the user's environment says.
    config = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=20, proxies={})

    @cache
    def client(service: str) -> Any:
        return session.client(service, endpoint_url=exports["AWS_ENDPOINT_URL"], config=config)

    return client
