"""The specification of a function's process, taken from the control plane's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FunctionSpec:
    """One version of a function: invocations with equal specs may share a warm process."""

    arn: str
    """Without version or alias."""
    name: str
    version: str
    region: str
    handler: str
    runtime: str
    role: str
    memory_mb: int
    timeout_s: int
    variables: tuple[tuple[str, str], ...]
    package: str
    layers: tuple[str, ...]

    @classmethod
    def of(cls, configuration: dict[str, Any], package: str, layers: tuple[str, ...]) -> FunctionSpec:
        """The spec from a GetFunctionConfiguration response and the names of the stored packages."""
        arn = unqualified(configuration["FunctionArn"])
        return cls(
            arn=arn,
            name=configuration["FunctionName"],
            version=configuration["Version"],
            region=arn.split(":")[3],
            handler=configuration["Handler"],
            runtime=configuration["Runtime"],
            role=configuration["Role"],
            memory_mb=int(configuration["MemorySize"]),
            timeout_s=int(configuration["Timeout"]),
            variables=tuple(sorted(configuration.get("Environment", {}).get("Variables", {}).items())),
            package=package,
            layers=layers,
        )

    @property
    def log_group(self) -> str:
        """The function's log group."""
        return f"/aws/lambda/{self.name}"


def unqualified(function_arn: str) -> str:
    """A function's ARN without version or alias."""
    return ":".join(function_arn.split(":")[:7])
