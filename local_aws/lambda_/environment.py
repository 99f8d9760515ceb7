"""The environment variables of a function's process, built from scratch as Lambda documents them."""

from __future__ import annotations

import os
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from local_aws.internal_client import Credentials
from local_aws.lambda_.spec import FunctionSpec

_STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))
NO_AWS_FILES = {
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Variables by which botocore reads nothing of the machine's AWS configuration."""


@dataclass(frozen=True)
class Places:
    """The folders of one process: code, layers (Lambda's /opt), runtime, and a temporary folder of its own."""

    task: Path
    layers: Path
    runtime: Path
    temporary: Path

    def rename(self, content: bytes, spec: FunctionSpec) -> bytes:
        """Replace the folders of this machine in a payload or log line by those where Lambda has the same files.

        Mounting them there needs root on Linux, and would hide a Python in /opt.
        """
        names = {self.task: "/var/task", self.layers: "/opt", self.runtime: "/var/runtime"}
        for folder, name in {**names, _STANDARD_LIBRARY: f"/var/lang/lib/{spec.runtime}"}.items():
            content = content.replace(os.fsencode(folder), name.encode())
        return content


def environment(
    spec: FunctionSpec, places: Places, credentials: Credentials, endpoint_url: str, log_stream: str, runtime_api: str
) -> dict[str, str]:
    """Lambda's reserved variables, settings that limit clients to the embedded AWS, and the function's own on top.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    return {
        "_HANDLER": spec.handler,
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "AWS_REGION": spec.region,
        "AWS_DEFAULT_REGION": spec.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{spec.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_VERSION": spec.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_TASK_ROOT": str(places.task),
        "LAMBDA_RUNTIME_DIR": str(places.runtime),
        "LANG": "en_US.UTF-8",
        **({"NODE_PATH": _node_path(spec, places)} if spec.is_node else {}),
        "LD_LIBRARY_PATH": f"{places.task}:{places.task}/lib:{places.layers}/lib",
        "PATH": f"/usr/local/bin:/usr/bin:/bin:{places.layers}/bin",
        "TZ": ":UTC",
        # Not set by Lambda: these make botocore use the embedded AWS, whatever the machine's AWS configuration.
        "AWS_ENDPOINT_URL": endpoint_url,
        **NO_AWS_FILES,
        # On Lambda each process has its own /tmp; here all share one.
        "TMPDIR": str(places.temporary),
        "_TEMPORARY": f"{places.temporary}:{spec.storage_mb}",  # for the process's first script, which removes it
        **variables_of(spec),
    }


def _node_path(spec: FunctionSpec, places: Places) -> str:
    """The folders where `require` looks for packages, beside node_modules of the function itself."""
    version = spec.runtime.removeprefix("nodejs").removesuffix(".x")
    layers = [f"{places.layers}/nodejs/node{version}/node_modules", f"{places.layers}/nodejs/node_modules"]
    return ":".join([*layers, f"{places.runtime}/node_modules", str(places.runtime), str(places.task)])


def variables_of(spec: FunctionSpec) -> dict[str, str]:
    """The function's own variables, and those that tell its runtime client and its libraries how to log."""
    logging = {"AWS_LAMBDA_LOG_FORMAT": spec.log_format, "AWS_LAMBDA_LOG_LEVEL": spec.log_level}
    return {**(logging if spec.writes_json else {}), **dict(spec.variables)}
