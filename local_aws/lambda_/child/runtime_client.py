"""Stands in for awslambdaric's native module of this name, which its source distribution leaves out on macOS.

Same functions and arguments as runtime_client.cpp: https://github.com/aws/aws-lambda-python-runtime-interface-client
"""

import http.client
import os

_INVOCATION = "/2018-06-01/runtime/invocation"
_user_agent = "aws-lambda-python"


def initialize_client(user_agent: str) -> None:
    """Set the User-Agent sent to the Runtime API."""
    global _user_agent
    _user_agent = user_agent


def next() -> tuple[bytes, dict[str, str | None]]:
    """Wait for the next invocation; return its event and headers."""
    return _call("GET", f"{_INVOCATION}/next")


def post_invocation_result(invoke_id: str, result: bytes, content_type: str, invocation_id: str | None = None) -> None:
    """Respond to an invocation."""
    _call("POST", f"{_INVOCATION}/{invoke_id}/response", result, {"Content-Type": content_type})


def post_error(invoke_id: str, error: str, xray_fault: str, invocation_id: str | None = None) -> None:
    """Report the error of an invocation; the X-Ray document is not used here."""
    _call("POST", f"{_INVOCATION}/{invoke_id}/error", error.encode(), {"Content-Type": "application/json"})


def _call(
    method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[bytes, dict[str, str | None]]:
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        connection.request(method, path, body, {"User-Agent": _user_agent, **(headers or {})})
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status >= 300:
        raise RuntimeError(f"the Runtime API answered {answer.status} to {method} {path}: {content!r}")
    return content, dict(answer.getheaders())
