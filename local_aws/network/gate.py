"""The TCP gate before PostgreSQL: it carries the bytes of whom the embedded AWS admits, and is silent to all others.

Run as a script (stdlib only), it listens on a free port, says which, and ends when its standard input does. It is a
process of its own, since the embedded AWS's is busy enough to delay every packet.
"""

import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer

HOST = "127.0.0.1"
BLOCK_BYTES = 65_536


class GateError(Exception):
    """The gate did not open: one sentence, then the remedy."""


class Gate:
    """A gate to the PostgreSQL on `database_port` by the judgement of the embedded AWS on `aws_port`.

    It ends with `close`, and when this process ends in any way. Raises GateError where it cannot be opened.
    """

    host = HOST

    def __init__(self, database_port: int, aws_port: int) -> None:
        command = [sys.executable, "-S", "-I", __file__, str(database_port), str(aws_port)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", start_new_session=True
        )
        assert self._process.stdout
        with self._process.stdout as words:
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
        """Ends it and all connections through it; idempotent."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


class Gatekeeper(ThreadingTCPServer):
    """The gate itself, with a thread for each direction of each connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, database_port: int, aws_port: int) -> None:
        super().__init__((HOST, 0), _Visit)
        self.database = (HOST, database_port)
        self.aws = (HOST, aws_port)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.socket.getsockname()[1])

    def admits(self, caller_port: int) -> bool:
        """Whether the embedded AWS admits who calls from `caller_port`; while it does not answer, it admits nobody."""
        question = f"GET /_network/connections/{caller_port}/{self.port} HTTP/1.0\r\n\r\n"
        with suppress(OSError), socket.create_connection(self.aws) as connection:
            connection.sendall(question.encode())
            return b" 200 " in connection.makefile("rb").readline()
        return False


class _Visit(BaseRequestHandler):
    server: Gatekeeper

    def handle(self) -> None:
        caller: socket.socket = self.request
        if not self.server.admits(self.client_address[1]):
            with suppress(OSError):  # it may end its connection as it likes
                while caller.recv(BLOCK_BYTES):
                    pass
            return
        try:
            database = socket.create_connection(self.server.database)
        except ConnectionRefusedError:  # it is down, which the caller sees by the end of its connection
            return
        with database:
            back = threading.Thread(target=_carry, args=(database, caller))
            back.start()
            _carry(caller, database)
            back.join()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    """Carries what `source` sends, and its end, to `sink`; where one of them breaks off, both end."""
    block = memoryview(bytearray(BLOCK_BYTES))
    try:
        sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while size := source.recv_into(block):
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
    with Gatekeeper(int(_database_port), int(_aws_port)) as gatekeeper:
        threading.Thread(target=_end_with_our_owner, daemon=True).start()
        print(gatekeeper.port, flush=True)
        gatekeeper.serve_forever()
