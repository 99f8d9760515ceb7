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
    """Init is done: the process asks for its first invocation; `at` by the monotonic clock."""

    at: float


@dataclass(frozen=True)
class InitFailed:
    """Init ended in an error, a JSON document."""

    error: bytes


@dataclass(frozen=True)
class Answered:
    """The handler's answer."""

    payload: bytes


@dataclass(frozen=True)
class Failed:
    """The handler raised; a JSON document."""

    error: bytes


@dataclass(frozen=True)
class Exited:
    """The process has ended; `status` as subprocess gives it."""

    status: int


Report = Ready | InitFailed | Answered | Failed | Exited


@dataclass(frozen=True)
class Task:
    """One invocation as handed to the process: the event and the Lambda-Runtime headers."""

    event: bytes
    headers: dict[str, str] = field(default_factory=dict)


class RuntimeApi:
    """Hands tasks to one process and passes on what that reports. The process makes one request at a time.

    No other process is answered: another user, or a page in a browser, could take an invocation or make up its result.
    """

    def __init__(self, report: Callable[[Report], object]) -> None:
        self.report = report
        self.caller = Future[int]()
        """The process's id, which may call before its id is known."""
        self.tasks = queue.SimpleQueue[Task | None]()
        self.is_ready = False
        self._closed = False
        self._server = _Server(self)
        self._port = self._server.server_port
        self.address = f"127.0.0.1:{self._port}"
        threading.Thread(target=self._serve, name=f"runtime-api-{self.address}", daemon=True).start()

    def admits(self, address: Address) -> bool:
        """Whether the connection from `address` is the process's; waits until that is known."""
        return not self._closed and holder(address, ("127.0.0.1", self._port), [self.caller.result()]) is not None

    def close(self) -> None:
        """Stops listening."""
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
        # HTTPServer's own asks the name service for this host's name, which may take seconds.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]

    def verify_request(self, request: object, client_address: Address) -> bool:
        return self.api.admits(client_address)


class _Exchange(BaseHTTPRequestHandler):
    server: _Server
    wbufsize = -1  # headers and body leave together, or the second waits for the first's acknowledgement

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
        """The Runtime API is inside Lambda: it leaves no trace in any log."""
