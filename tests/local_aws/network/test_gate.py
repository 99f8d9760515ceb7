"""The gate itself: it carries all that it is given, both ways, to their ends; and leaves nothing behind."""

import hashlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from local_aws.network.gate import Gate, GateError
from tests.local_aws.helpers import eventually, runs

ROOT = Path(__file__).parents[3]
MUCH = 1 << 28
OWNER = """
import sys
from local_aws.network.gate import Gate
gate = Gate(int(sys.argv[1]), int(sys.argv[2]))
print(gate.pid, gate.port, flush=True)
sys.stdin.read()
"""


class Judge(ThreadingHTTPServer):
    """In the embedded AWS's place: it admits everybody, or nobody, and keeps what it was asked."""

    admits = True
    answer = 200
    asked: list[str]
    daemon_threads = True

    class RequestHandlerClass(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert isinstance(self.server, Judge)
            self.send_response(self.server.answer if self.server.admits else 403)
            self.end_headers()
            self.server.asked.append(self.path)

        def do_POST(self) -> None:
            """Of what is sent: `last` is the last that passes, and `never` does not pass."""
            said = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response({b"last": 202, b"never": 403}.get(said, 200))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass


@pytest.fixture
def judge() -> Iterator[Judge]:
    with Judge(("127.0.0.1", 0), Judge.RequestHandlerClass) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def database() -> Iterator[socket.socket]:
    """Whom the gate leads to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        yield listener


@pytest.fixture
def gate(judge: Judge, database: socket.socket) -> Iterator[Gate]:
    gate = Gate(database.getsockname()[1], judge.server_port)
    yield gate
    gate.close()


@contextmanager
def called(gate: Gate) -> Iterator[socket.socket]:
    with socket.create_connection((gate.host, gate.port)) as caller:
        caller.settimeout(20)
        yield caller


@contextmanager
def passed(gate: Gate, database: socket.socket) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection through the gate."""
    with called(gate) as caller:
        served, _ = database.accept()
        with served:
            served.settimeout(20)
            yield caller, served


def abort(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def received(connection: socket.socket) -> bytes:
    """All that comes until its end."""
    return b"".join(iter(lambda: connection.recv(1 << 20), b""))


def test_much_goes_through_intact_both_ways_at_once(gate: Gate, database: socket.socket) -> None:
    there, back = os.urandom(20_000_000), os.urandom(20_000_000)

    def send(connection: socket.socket, content: bytes) -> None:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)

    with passed(gate, database) as (caller, served):
        senders = [threading.Thread(target=send, args=each, daemon=True) for each in ((caller, there), (served, back))]
        arrived: list[bytes] = []
        reader = threading.Thread(target=lambda: arrived.append(received(served)), daemon=True)
        for thread in (*senders, reader):
            thread.start()
        assert hashlib.sha256(received(caller)).digest() == hashlib.sha256(back).digest()
        reader.join(20)
    assert [hashlib.sha256(each).digest() for each in arrived] == [hashlib.sha256(there).digest()]


def test_a_half_closed_connection_still_brings_the_answer(gate: Gate, database: socket.socket) -> None:
    with passed(gate, database) as (caller, served):
        caller.sendall(b"the last question")
        caller.shutdown(socket.SHUT_WR)
        assert received(served) == b"the last question"
        served.sendall(b"the answer")
        served.close()
        assert received(caller) == b"the answer"


def test_who_is_not_read_is_held_back_and_loses_nothing(gate: Gate, database: socket.socket) -> None:
    with passed(gate, database) as (caller, served):
        caller.settimeout(0.2)
        sent = 0
        with suppress(TimeoutError):
            while sent < MUCH:
                sent += caller.send(bytes(1 << 16))
        assert sent < MUCH
        caller.shutdown(socket.SHUT_WR)
        assert len(received(served)) == sent


def test_a_caller_that_aborts_takes_its_session_with_it(gate: Gate, database: socket.socket) -> None:
    with passed(gate, database) as (caller, served):
        caller.sendall(b"select")
        assert served.recv(6) == b"select"
        abort(caller)
        assert received(served) == b""


def test_a_database_that_aborts_ends_the_callers_connection(gate: Gate, database: socket.socket) -> None:
    with passed(gate, database) as (caller, served):
        abort(served)
        assert received(caller) == b""


def test_a_database_that_is_down_ends_the_callers_connection(gate: Gate, database: socket.socket) -> None:
    database.close()
    with called(gate) as caller:
        assert received(caller) == b""


def test_who_is_not_admitted_hears_nothing_and_the_database_never_hears_of_it(
    gate: Gate, database: socket.socket, judge: Judge
) -> None:
    judge.admits = False
    with called(gate) as refused:
        refused.sendall(b"startup")
        asked = eventually(lambda: judge.asked, "the gate to ask")
        assert asked == [f"/_network/connections/{refused.getsockname()[1]}/{gate.port}"]
        judge.admits = True
        with passed(gate, database) as (admitted, served):  # the first that the database hears of
            admitted.sendall(b"startup")
            assert served.recv(7) == b"startup"
        refused.settimeout(0.2)
        with pytest.raises(TimeoutError):
            refused.recv(1)


@pytest.mark.parametrize(("block", "arrives"), [(b"last", b"before last"), (b"never", b"before ")])
def test_a_connection_ends_with_the_block_that_it_is_told_of(
    gate: Gate, database: socket.socket, judge: Judge, block: bytes, arrives: bytes
) -> None:
    judge.answer = 202
    with passed(gate, database) as (caller, served):
        caller.sendall(b"before ")
        assert served.recv(7) == b"before "
        served.sendall(b"answer")
        assert caller.recv(6) == b"answer"
        caller.sendall(block)
        assert received(caller) == b""
        assert b"before " + received(served) == arrives


def test_blocks_are_asked_about_only_where_that_was_wanted(gate: Gate, database: socket.socket, judge: Judge) -> None:
    with passed(gate, database) as (caller, served):
        caller.sendall(b"never")
        assert served.recv(5) == b"never"


def test_nobody_is_admitted_while_aws_does_not_answer(database: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    gate = Gate(database.getsockname()[1], port)
    with called(gate) as caller:
        caller.settimeout(0.2)
        with pytest.raises(TimeoutError):
            caller.recv(1)
    gate.close()


@pytest.mark.parametrize("admits", [True, False])
@pytest.mark.parametrize("end", [abort, socket.socket.close])
def test_nothing_is_left_of_connections_that_have_ended(
    gate: Gate, database: socket.socket, judge: Judge, admits: bool, end: Callable[[socket.socket], None]
) -> None:
    judge.admits = admits
    for _ in range(10):
        with called(gate) as caller:
            if admits:
                database.accept()[0].close()
            end(caller)
    process = psutil.Process(gate.pid)
    eventually(
        lambda: [each.status for each in process.net_connections()] == ["LISTEN"] and process.num_threads() == 2,
        "the gate to do nothing but listen and look after its owner",
    )


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_owner(database: socket.socket, judge: Judge, ending: signal.Signals) -> None:
    ports = [str(database.getsockname()[1]), str(judge.server_port)]
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, *ports], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        pid, port = map(int, owner.stdout.readline().split())
        with socket.create_connection(("127.0.0.1", port)) as caller:
            served, _ = database.accept()
            with served:
                caller.settimeout(20)
                owner.send_signal(ending)
                assert received(caller) == b""
        eventually(lambda: not runs(pid), "the gate to end")


def test_close_may_be_called_twice_and_ends_it(gate: Gate) -> None:
    gate.close()
    gate.close()
    assert not runs(gate.pid)


def test_a_gate_that_cannot_open_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 7\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(GateError, match="ended with status 7 before it was open"):
        Gate(1, 1)
