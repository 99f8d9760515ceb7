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
    storage_mb: int
    """The size of its temporary folder."""
    timeout_s: int
    variables: tuple[tuple[str, str], ...]
    package: str
    layers: tuple[str, ...]
    log_group: str
    log_format: str
    log_level: str
    """The least level of the application's lines; empty unless the format is JSON."""
    system_log_level: str

    @classmethod
    def of(cls, configuration: dict[str, Any], package: str, layers: tuple[str, ...]) -> FunctionSpec:
        """The spec from a GetFunctionConfiguration response and the names of the stored packages."""
        arn = unqualified(configuration["FunctionArn"])
        logging = configuration.get("LoggingConfig") or {}
        writes_json = logging.get("LogFormat") == "JSON"
        return cls(
            arn=arn,
            name=configuration["FunctionName"],
            version=configuration["Version"],
            region=arn.split(":")[3],
            handler=configuration["Handler"],
            runtime=configuration["Runtime"],
            role=configuration["Role"],
            memory_mb=int(configuration["MemorySize"]),
            storage_mb=int((configuration.get("EphemeralStorage") or {}).get("Size", 512)),
            timeout_s=int(configuration["Timeout"]),
            variables=tuple(sorted(configuration.get("Environment", {}).get("Variables", {}).items())),
            package=package,
            layers=layers,
            log_group=logging.get("LogGroup") or f"/aws/lambda/{configuration['FunctionName']}",
            log_format=logging.get("LogFormat", "Text"),
            log_level=logging.get("ApplicationLogLevel", "INFO") if writes_json else "",
            system_log_level=logging.get("SystemLogLevel", "INFO"),
        )

    @property
    def is_node(self) -> bool:
        """True if it runs in Node.js, false if in Python."""
        return self.runtime.startswith("nodejs")

    @property
    def writes_json(self) -> bool:
        """True if Lambda's own lines are JSON."""
        return self.log_format == "JSON"


def unqualified(function_arn: str) -> str:
    """A function's ARN without version or alias."""
    return ":".join(function_arn.split(":")[:7])
