"""The TCP gate before PostgreSQL: forwards the connections that the embedded AWS admits, and answers no others.

Run as a script (stdlib only), it reads one line, the Authorization header for the embedded AWS, listens on a free port,
prints the port, and ends when its standard input does. It is a separate process because the process of the embedded
AWS is busy enough to delay every packet.
"""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import IO, cast

HOST = "127.0.0.1"
BLOCK_BYTES = 65_536
# Status codes of the embedded AWS. For a connection: admit; admit, but ask about each block; reject; close at once.
# For a block: forward; forward, but close the caller's connection first; close without forwarding.
YES, YES_BUT, NO, CLOSE = b"200", b"202", b"403", b"410"


class GateError(Exception):
    """The gate could not start; the text has the cause and the remedy."""


class Gate:
    """A gate to the PostgreSQL on `database_port`, for connections that the embedded AWS on `aws_port` admits.

    It asks with the Authorization header `authorization`. It ends on `close`, and when this process ends in any way.
    Raises GateError if it cannot start.
    """

    host = HOST

    def __init__(self, database_port: int, aws_port: int, authorization: str) -> None:
        command = [sys.executable, "-S", "-I", __file__, str(database_port), str(aws_port)]
        self._process = subprocess.Popen(
            command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", start_new_session=True
        )
        with suppress(BrokenPipeError):  # the gate has ended; the empty line read below shows it
            cast("IO[bytes]", self._process.stdin).write(f"{authorization}\n".encode())
        with cast("IO[bytes]", self._process.stdout) as words:
            said = words.readline()
        if not said:
            self.close()
            status = self._process.returncode
            raise GateError(
                f"The gate before PostgreSQL ended with status {status} before it was open.\n  Mend {sys.executable}."
            )
        self.port = int(said)

    @property
    def pid(self) -> int:
        """The gate's own process id."""
        return self._process.pid

    def close(self) -> None:
        """Ends the gate and all connections through it; idempotent."""
        cast("IO[bytes]", self._process.stdin).close()
        self._process.wait()


class Gatekeeper(ThreadingTCPServer):
    """The gate's server, with one thread for each direction of each connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, database_port: int, aws_port: int, authorization: str) -> None:
        super().__init__((HOST, 0), _Visit)
        self.database = (HOST, database_port)
        self.aws = (HOST, aws_port)
        self.authorization = authorization

    @property
    def port(self) -> int:
        """The port on which the gate listens."""
        return int(self.socket.getsockname()[1])

    def judgement(self, caller_port: int, block: bytes | memoryview | None = None) -> bytes:
        """Asks the embedded AWS about the connection from `caller_port`, or a `block` on it; NO without an answer."""
        method, size = ("GET", 0) if block is None else ("POST", len(block))
        path = f"/_network/connections/{caller_port}/{self.port}"
        with suppress(OSError), socket.create_connection(self.aws) as connection:
            headers = f"Authorization: {self.authorization}\r\nContent-Length: {size}"
            connection.sendall(f"{method} {path} HTTP/1.0\r\n{headers}\r\n\r\n".encode())
            connection.sendall(block or b"")
            said = connection.makefile("rb").readline().split()
            return said[1] if said[1:] and said[1] in (YES, YES_BUT, CLOSE) else NO
        return NO


class _Visit(BaseRequestHandler):
    server: Gatekeeper

    def handle(self) -> None:
        caller: socket.socket = self.request
        judgement = self.server.judgement(self.client_address[1])
        if judgement == NO:
            with suppress(OSError):  # the caller may reset its connection
                while caller.recv(BLOCK_BYTES):
                    pass
        if judgement in (NO, CLOSE):
            return
        try:
            database = socket.create_connection(self.server.database)
        except ConnectionRefusedError:  # PostgreSQL is down: the caller's connection is closed
            return
        with database:
            back = threading.Thread(target=_carry, args=(database, caller))
            back.start()
            _carry(caller, database, self._judge if judgement == YES_BUT else _pass)
            back.join()

    def _judge(self, block: memoryview) -> bytes:
        return self.server.judgement(self.client_address[1], block)


def _pass(block: memoryview) -> bytes:
    return YES


def _carry(source: socket.socket, sink: socket.socket, judge: Callable[[memoryview], bytes] = _pass) -> None:
    """Forwards the bytes of `source`, and then its end, to `sink`; if either connection breaks, closes both.

    If `judge` ends the connection, `source` is closed before `sink` gets the last block, and so receives no response.
    """
    block = memoryview(bytearray(BLOCK_BYTES))
    try:
        sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        said = YES
        while said == YES and (size := source.recv_into(block)):
            said = judge(block[:size])
            if said != YES:
                source.shutdown(socket.SHUT_RDWR)
            if said != NO:
                sink.sendall(block[:size])
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def _end_with_our_owner() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    _, _database_port, _aws_port = sys.argv
    _authorization = sys.stdin.buffer.readline().decode().strip()
    with Gatekeeper(int(_database_port), int(_aws_port), _authorization) as gatekeeper:
        threading.Thread(target=_end_with_our_owner, daemon=True).start()
        print(gatekeeper.port, flush=True)
        gatekeeper.serve_forever()
