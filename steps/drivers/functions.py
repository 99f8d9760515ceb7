"""The functions as Lambda describes them, and temporary changes of their configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steps.drivers.absence import unless_absent

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True)
class Function:
    """A function's configuration, with its timeout in seconds; `update` is the status of its last update.

    Layers are ARNs, subnets and security groups are ids.
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


@dataclass(frozen=True)
class Layer:
    """A layer version, with the runtimes and architectures that it declares compatible."""

    arn: str
    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]


class Functions:
    """Describes and reconfigures the Lambda functions of these names."""

    def __init__(self, client: LambdaClient, names: Iterable[str]) -> None:
        self._lambda, self.names = client, tuple(names)

    def found(self) -> dict[str, Function | None]:
        """Each function by its name; None if it does not exist."""
        return {name: self._found(name) for name in self.names}

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
                self._configure(function.name, change(function))
            yield
        finally:
            for function in before:
                network = {"SubnetIds": function.subnets, "SecurityGroupIds": function.security_groups}
                variables = {"Variables": function.variables}
                configuration = {"Environment": variables, "VpcConfig": network, "Timeout": function.timeout}
                self._configure(function.name, configuration)

    def _configure(self, name: str, configuration: dict[str, Any]) -> None:
        self._lambda.update_function_configuration(FunctionName=name, **configuration)
        self._lambda.get_waiter("function_updated_v2").wait(FunctionName=name)

    def _found(self, name: str) -> Function | None:
        answer = unless_absent(lambda: self._lambda.get_function_configuration(FunctionName=name))
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
        )
