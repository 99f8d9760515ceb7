"""The environment of a target as the drivers use it: names, clients, database, timeouts."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from local_aws import surroundings
from steps.cloudformation.declared import Clients, Declared
from steps.diagnoses.ids import Diagnosis
from steps.drivers.aurora import Secret
from steps.drivers.fault_injection import Faults
from steps.drivers.names import Names
from steps.explained_error import ExplainedError
from steps.targets.forked import run_forked


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for the `start` and `end` of an execution, for its last `logs`, and between polls (`look`).

    `restore`: seconds to wait for a function or a database that AWS has put to sleep.
    """

    start: float
    end: float
    logs: float
    look: float
    restore: float = 180


@dataclass(frozen=True)
class Environment:
    """Everything that differs between targets.

    check: raises EnvironmentBroken if a part of the environment has stopped by itself.
    client: returns the boto3 client of a service.
    database_url: the database's URL from this machine; empty if the secret holds no credentials.
    database_name, aurora_endpoint, secret_arn: the values expected in the functions' configuration.
    declared: every resource of the templates, by its logical id.
    exports: the AWS_* and DATABASE_URL variables to reach the environment from a shell.
    credentials: returns the caller's current AWS credentials as further variables, where the caller's are used.
    confidential: further variables whose values are masked in all output.
    sql: the folders of SQL files, the first having precedence.
    notes: remarks for the reader of the verdict.
    gaps: the reasons why properties cannot be read back here, by (type, property).
    limits: the reasons why lines of the checklist cannot be checked here, by id.
    is_emulator: true for a third party's emulator, whose gaps are not the pipeline's faults.
    shared: true if others use it too, so that controls are not planted and rows may change independently.
    faults: injects faults; None on a target without fault injection.
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
    is_emulator: bool = False
    faults: Faults | None = None
    credentials: Callable[[], Mapping[str, str]] = field(default=dict, repr=False)
    confidential: Mapping[str, str] = field(default_factory=dict, repr=False)

    def secret(self) -> dict[str, str]:
        """The database credentials that Secrets Manager holds now."""
        return Secret(self.client("secretsmanager"), self.secret_arn).told()

    def shell(self, command: str, **more: str) -> str:
        """Run the user's shell `command` with the exports and `more`. Return its output; raises CommandFailed."""
        folder = os.environ.get("CSV_ACCEPTANCE_FOLDER")
        return _printed(command, self._led() | more, shell=True, cwd=folder)

    def python(self, module: str, *arguments: str, **more: str) -> str:
        """Run `python -m module` of the project likewise, without the PYTHON* variables that alter its behaviour."""
        environment = surroundings.for_python(self._led()) | more
        if sys.platform == "linux":
            return _stdout_of(run_forked(module, arguments, environment), shlex.join([module, *arguments]))
        return _printed([*surroundings.python(module), *arguments], environment)

    def _led(self) -> dict[str, str]:
        return surroundings.led(os.environ, {**self.exports, **self.credentials()})


class EnvironmentBroken(ExplainedError):
    """A part of the environment is missing or has stopped by itself; not the pipeline's fault."""

    diagnosis = Diagnosis.ENVIRONMENT_BROKEN


class NotAnswered(EnvironmentBroken):
    """The emulator cannot answer a call; that says nothing about the pipeline."""

    def __init__(self, call: str, said: str) -> None:
        super().__init__(
            f"The emulator does not answer {call}, so that nothing can be said about what needs it.",
            evidence=said,
            remedy="judge it on another target (pytest -m local), or list its lines in steps/targets/limits.toml",
        )


_NOT_ANSWERED = ("InternalFailure", "NotImplemented", "NotImplementedException", "UnknownOperation")
_REFUSED = re.compile(rf"\((?:{'|'.join(_NOT_ANSWERED)}|501)\) when calling the (\w+) operation\b.*")


def telling_gaps(client: Clients) -> Clients:
    """Wrap the `client` of an emulator: its clients raise NotAnswered for what it has not implemented."""

    def tell(http_response: Any, parsed: Mapping[str, Any], model: Any, **_: Any) -> None:
        error = parsed.get("Error", {})
        if http_response.status_code == 501 or error.get("Code", "").removesuffix("Exception") in _NOT_ANSWERED:
            call = f"{model.service_model.service_name}:{model.name}"
            raise NotAnswered(call, f"{http_response.status_code} {error.get('Code')}: {error.get('Message')}")

    @cache
    def told(service: str) -> Any:
        made = client(service)
        made.meta.events.register("after-call", tell)
        return made

    return told


def tell_gap(cause: str | None) -> None:
    """Raise NotAnswered if an execution on an emulator has failed with a call that this has not implemented."""
    if refused := _REFUSED.search(cause or ""):
        raise NotAnswered(refused[1], refused[0])


class CommandFailed(ExplainedError):
    """A command run beside the acceptance has failed; `said` is its output."""

    diagnosis = Diagnosis.COMMAND_FAILED

    def __init__(self, command: str, code: int, said: str) -> None:
        super().__init__(f"The command ended with {code}: {command}", evidence=[said], remedy="mend the command")
        self.said = said


def _printed(command: str | list[str], environment: Mapping[str, str], **how: Any) -> str:
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command, **how, env=environment, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    return _stdout_of(done, command if isinstance(command, str) else shlex.join(command))


def _stdout_of(done: subprocess.CompletedProcess[str], command: str) -> str:
    if done.returncode:
        raise CommandFailed(command, done.returncode, f"{done.stdout}\n{done.stderr}".strip()[-4000:])
    return done.stdout


def clients(exports: dict[str, str]) -> Clients:
    """boto3 clients, cached by service, that use only `exports` and not the user's AWS configuration.

    The models that they read are shared by all later sessions of botocore, as in the forks that run commands: without
    this, `doctor` takes 0.2 s of CPU more (2 cores, Python 3.11, 2026-11-28).
    """
    sessions: Any = botocore.session
    sessions.create_loader = cache(sessions.create_loader)
    session: Any = boto3.Session(
        aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"],
        region_name=exports["AWS_REGION"],
    )
    # An emulator on this machine is reached without a proxy, whatever the user's environment says.
    config = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=20, proxies={})

    @cache
    def client(service: str) -> Any:
        return session.client(service, endpoint_url=exports["AWS_ENDPOINT_URL"], config=config)

    return client
