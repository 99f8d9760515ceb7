"""The Lambda Runtime API for one process of a function, on a port of its own.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

from local_aws.network.sockets import Address, holder

_PREFIX = "/2018-06-01/runtime/"


@dataclass(frozen=True)
class Ready:
    """Init is done: the process has requested its first invocation, at time.monotonic() `at`."""

    at: float


@dataclass(frozen=True)
class InitFailed:
    """Init failed; `error` is a JSON document."""

    error: bytes


@dataclass(frozen=True)
class Answered:
    """The handler's response."""

    payload: bytes


@dataclass(frozen=True)
class Failed:
    """The handler raised; `error` is a JSON document."""

    error: bytes


@dataclass(frozen=True)
class Exited:
    """The process has exited; `status` has the format of Popen.returncode."""

    status: int


Report = Ready | InitFailed | Answered | Failed | Exited


@dataclass(frozen=True)
class Task:
    """One invocation as handed to the process: the event and the Lambda-Runtime headers."""

    event: bytes
    headers: dict[str, str] = field(default_factory=dict)


class RuntimeApi:
    """Hands tasks to one process and passes on its reports. The process makes one request at a time.

    Other processes get no response: another user or a web page could take an invocation or forge its result.
    """

    def __init__(self, report: Callable[[Report], object]) -> None:
        self.report = report
        self.caller = Future[int]()
        """The process's id; its first request may arrive before this is set."""
        self.tasks = queue.SimpleQueue[Task | None]()
        self.is_ready = False
        self._closed = False
        self._server = _Server(self)
        self._port = self._server.server_port
        self.address = f"127.0.0.1:{self._port}"
        threading.Thread(target=self._serve, name=f"runtime-api-{self.address}", daemon=True).start()

    def admits(self, address: Address) -> bool:
        """True if the process holds the connection from `address`; waits until the process's id is known."""
        return not self._closed and holder(address, ("127.0.0.1", self._port), [self.caller.result()]) is not None

    def close(self) -> None:
        """Stop listening."""
        self._closed = True
        self.tasks.put(None)
        with socket.socket() as wake:
            wake.connect_ex(("127.0.0.1", self._port))

    def _serve(self) -> None:
        while not self._closed:
            self._server.handle_request()
        self._server.server_close()


class _Server(HTTPServer):
    def __init__(self, api: RuntimeApi) -> None:
        self.api = api
        super().__init__(("127.0.0.1", 0), _Exchange)

    def server_bind(self) -> None:
        # HTTPServer.server_bind() looks up this host's name in DNS, which may take seconds.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]

    def verify_request(self, request: object, client_address: Address) -> bool:
        return self.api.admits(client_address)


class _Exchange(BaseHTTPRequestHandler):
    server: _Server
    wbufsize = -1  # buffered: sent separately, the body would wait for the TCP acknowledgement of the headers

    def do_GET(self) -> None:
        api = self.server.api
        if not api.is_ready:
            api.is_ready = True
            api.report(Ready(time.monotonic()))
        task = api.tasks.get()
        if task is not None:
            self._answer(200, task.event, task.headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.path.removeprefix(_PREFIX)
        if kind == "init/error":
            self.server.api.report(InitFailed(body))
        else:
            self.server.api.report(Failed(body) if kind.endswith("/error") else Answered(body))
        self._answer(202, b'{"status":"OK"}', {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing: on AWS, the Runtime API leaves no trace in any log."""
