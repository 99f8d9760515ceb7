"""An emulator's gaps: told as what broke, by the call, and never as the pipeline's fault."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from botocore.exceptions import ClientError

from steps.targets.environment import NotAnswered, clients, tell_gap, telling_gaps

KEYS = {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "ap-northeast-1"}


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an emulator that answers everything with this status and this code."""
    status, code = request.param

    class Gap(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(f'{{"__type": "{code}", "message": "no"}}'.encode())

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Gap) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize(
    ("emulator", "error"),
    [
        ((501, "AnyOther"), NotAnswered),
        ((400, "UnknownOperationException"), NotAnswered),
        ((400, "InternalFailure"), NotAnswered),
        ((400, "AccessDeniedException"), ClientError),
    ],
    indirect=["emulator"],
)
def test_a_call_that_is_not_implemented_is_named(emulator: str, error: type[Exception]):
    client = telling_gaps(clients({**KEYS, "AWS_ENDPOINT_URL": emulator}))
    with pytest.raises(error, match=r"(?s)dynamodb:ListTables.*no" if error is NotAnswered else "AccessDenied"):
        client("dynamodb").list_tables()


def test_an_execution_that_met_a_gap_names_the_call():
    cause = "ClientError: An error occurred (NotImplemented) when calling the RestoreObject operation: not here"
    with pytest.raises(NotAnswered, match=re.escape("The emulator does not answer RestoreObject")):
        tell_gap(cause)
    tell_gap(cause.replace("NotImplemented", "AccessDenied"))
    tell_gap(None)
