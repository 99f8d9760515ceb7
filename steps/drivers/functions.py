"""The functions as Lambda describes them, and temporary changes of their configuration."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from steps.drivers.absence import unless_absent
from steps.drivers.waiting import NotSeen, eventually

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_BEING_RESTORED = ("ResourceNotReadyException", "ResourceConflictException")
"""The errors of an invocation of a function that is Inactive, or Pending already."""


@dataclass(frozen=True)
class Function:
    """A function's configuration, with its timeout in seconds; `update` is the status of its last update.

    Layers are ARNs, subnets and security groups are ids. `reason`: Lambda's reason for state or update; empty if none.
    """

    name: str
    state: str
    update: str
    role: str
    runtime: str
    architecture: str
    handler: str
    variables: Mapping[str, str]
    layers: tuple[str, ...]
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    timeout: int
    reason: str = ""
    logging: Mapping[str, str] = field(default_factory=dict)
    """LoggingConfig: LogFormat, LogGroup, ApplicationLogLevel, SystemLogLevel."""
    reserved: int | None = None
    """ReservedConcurrentExecutions; None if no concurrency is reserved."""

    @property
    def unlogged(self) -> list[str]:
        """The lines that the levels of LoggingConfig leave out, though the acceptance reads them."""
        lines = {"SystemLogLevel": "platform.start and platform.report", "ApplicationLogLevel": "the lines of INFO"}
        return [
            f"{level} of {self.name} is {self.logging[level]}, which leaves out {left_out}"
            for level, left_out in lines.items()
            if self.logging.get(level) in ("WARN", "ERROR", "FATAL")
        ]


@dataclass(frozen=True)
class Layer:
    """A layer version, with the runtimes and architectures that it declares compatible."""

    arn: str
    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]


class Functions:
    """Describes and reconfigures the Lambda functions of these names.

    `qualifiers`: the version or alias of each function that is not described as it is now.
    """

    def __init__(self, client: LambdaClient, names: Iterable[str], qualifiers: Mapping[str, str] | None = None) -> None:
        self._lambda, self.names, self._qualifiers = client, tuple(names), qualifiers or {}

    def found(self) -> dict[str, Function | None]:
        """Each function by its name; None if it does not exist."""
        return {name: self._found(name) for name in self.names}

    def logged(self) -> list[Function]:
        """Each function that exists, to tell where it logs; none if the caller may not read their configuration."""
        with suppress(ClientError):
            return [function for function in self.found().values() if function]
        return []

    def awake(self, *, within: float, say: Callable[[str], None]) -> dict[str, Function | None]:
        """Return `found()` after waking each Inactive function, whose network interfaces Lambda has taken away.

        An invocation wakes it: it is refused, and Lambda restores the function within about a minute. A function that
        has not become Active `within` seconds, or that may not be invoked, is returned as it is, with the reason.
        """
        return {name: self._awake(name, within, say) for name in self.names}

    def _awake(self, name: str, within: float, say: Callable[[str], None]) -> Function | None:
        found, began = self._found(name), monotonic()
        if found is None or found.state not in ("Inactive", "Pending"):
            return found
        if found.state == "Inactive":
            say(f"{name} is Inactive, since nobody has used it for weeks: it is woken, which takes about a minute")
            try:
                self._lambda.invoke(**self._named(name), Payload=b"{}")
            except ClientError as refused:
                if refused.response["Error"]["Code"] not in _BEING_RESTORED:
                    return replace(found, reason=f"{found.reason} It could not be woken: {refused}".strip())
        with suppress(NotSeen):
            eventually(
                lambda: None if (f := self._found(name)) and f.state == "Pending" else True,
                what=f"{name} to be ready",
                within=within,
                every=1,
            )
        found = self._found(name)
        say(f"{name} is {found.state if found else 'gone'} after {monotonic() - began:.0f} s")
        return found

    def layer(self, arn: str) -> Layer | None:
        """The layer version with that ARN, or None if it no longer exists."""
        name, _, version = arn.rpartition(":")
        answer = unless_absent(lambda: self._lambda.get_layer_version(LayerName=name, VersionNumber=int(version)))
        if answer is None:
            return None
        return Layer(arn, tuple(answer.get("CompatibleRuntimes", ())), tuple(answer.get("CompatibleArchitectures", ())))

    def configured(self, **variables: str) -> AbstractContextManager[None]:
        """Add these environment variables to all functions within the block, then restore their configuration."""
        return self._changed(lambda before: {"Environment": {"Variables": {**before.variables, **variables}}})

    def without(self, variable: str) -> AbstractContextManager[None]:
        """Remove this environment variable from all functions within the block."""

        def change(before: Function) -> dict[str, Any]:
            return {"Environment": {"Variables": {k: v for k, v in before.variables.items() if k != variable}}}

        return self._changed(change)

    def without_any(self) -> AbstractContextManager[None]:
        """Remove all environment variables from all functions within the block."""
        return self._changed(lambda _: {"Environment": {"Variables": {}}})

    def error(self, name: str) -> str:
        """Invoke the function with an empty event; return the name and the message of its error, "" if it has none."""
        answer = self._lambda.invoke(**self._named(name), Payload=b"{}")
        if "FunctionError" not in answer:
            return ""
        told = json.loads(answer["Payload"].read())
        return f"{told.get('errorType', '')}: {told.get('errorMessage', '')}"

    def outside_the_network(self) -> AbstractContextManager[None]:
        """Take all functions out of the VPC within the block."""
        return self._changed(lambda _: {"VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []}})

    def start_anew(self) -> None:
        """End all execution environments, so that the next invocations are cold starts without cached state."""
        for name in self.names:
            self._configure(name, {})

    def given_up_after(self, seconds: int) -> AbstractContextManager[None]:
        """Set the timeout of all functions within the block."""
        return self._changed(lambda _: {"Timeout": seconds})

    @contextmanager
    def _changed(self, change: Callable[[Function], dict[str, Any]]) -> Iterator[None]:
        before = [function for function in self.found().values() if function is not None]
        try:
            for function in before:
                self._configure(function.name, {**_configuration(function), **change(function)})
            yield
        finally:
            for function in before:
                self._configure(function.name, _configuration(function))

    def _configure(self, name: str, configuration: dict[str, Any]) -> None:
        """Change the function as it is now; if it is invoked by an alias, let that point to it."""
        self._lambda.update_function_configuration(FunctionName=name, **configuration)
        self._lambda.get_waiter("function_updated_v2").wait(FunctionName=name)
        if alias := self._qualifiers.get(name):
            version = self._lambda.publish_version(FunctionName=name)["Version"]
            self._lambda.update_alias(FunctionName=name, Name=alias, FunctionVersion=version)

    def _named(self, name: str) -> Any:
        return {"FunctionName": name, **({"Qualifier": self._qualifiers[name]} if name in self._qualifiers else {})}

    def _found(self, name: str) -> Function | None:
        answer = unless_absent(lambda: self._lambda.get_function_configuration(**self._named(name)))
        if answer is None:
            return None
        network = answer.get("VpcConfig", {})
        return Function(
            name=name,
            state=answer.get("State", "Active"),
            update=answer.get("LastUpdateStatus", "Successful"),
            role=answer["Role"],
            runtime=answer.get("Runtime", ""),
            architecture=answer.get("Architectures", ["x86_64"])[0],
            handler=answer.get("Handler", ""),
            variables=answer.get("Environment", {}).get("Variables", {}),
            layers=tuple(layer["Arn"] for layer in answer.get("Layers", ())),
            subnets=tuple(network.get("SubnetIds", ())),
            security_groups=tuple(network.get("SecurityGroupIds", ())),
            timeout=answer.get("Timeout", 3),
            logging={name: str(value) for name, value in answer.get("LoggingConfig", {}).items()},
            reserved=self._reserved(name),
            reason=answer.get("StateReason") or answer.get("LastUpdateStatusReason", ""),
        )

    def _reserved(self, name: str) -> int | None:
        """The reserved concurrency; None if there is none, or where the caller's policy is older than this question."""
        with suppress(ClientError):
            return self._lambda.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
        return None


def _configuration(function: Function) -> dict[str, Any]:
    """The current configuration, to be restored after a temporary change."""
    network = {"SubnetIds": function.subnets, "SecurityGroupIds": function.security_groups}
    return {"Environment": {"Variables": function.variables}, "VpcConfig": network, "Timeout": function.timeout}
