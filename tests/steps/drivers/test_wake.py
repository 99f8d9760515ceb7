"""A database that is paused at 0 ACU is waited for, and the reader is told."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread, Timer

import pytest

from local_aws.network.gate import Gate
from local_aws.postgres.server import Postgres
from steps.drivers.postgres import wake

SECONDS = 3


class Resuming(ThreadingHTTPServer):
    """In the place of the embedded AWS: it admits connections once the cluster has resumed, after the first one."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Judge)
        self.first, self.resumed = Event(), Event()


class _Judge(BaseHTTPRequestHandler):
    server: Resuming

    def do_GET(self) -> None:
        if not self.server.first.is_set():
            self.server.first.set()
            Timer(SECONDS, self.server.resumed.set).start()
        self.server.resumed.wait()
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def paused(postgres: Postgres) -> Iterator[str]:
    """The URL of a database that resumes at the first connection."""
    with Resuming() as judge:
        Thread(target=judge.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        gate = Gate(postgres.port, judge.server_port, "Basic any")
        yield postgres.url.replace(f":{postgres.port}", f":{gate.port}")
        gate.close()
        judge.shutdown()


def test_a_database_that_resumes_is_waited_for_and_told_once(paused: str):
    said: list[str] = []
    wake(paused, said.append, usual=2, patience=60)
    wake(paused, said.append, usual=2, patience=60)
    first, then = said
    assert first.startswith("the database has not answered for 2 s: it may be paused at 0 ACU")
    assert then.startswith(f"the database answered after {SECONDS} s")


def test_a_database_that_refuses_is_left_to_the_next_connection():
    said: list[str] = []
    wake("postgresql://127.0.0.1:9/none", said.append)
    assert said == []
