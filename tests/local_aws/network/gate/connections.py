"""Both ends of connections through a gate, and who judges them in the embedded AWS's place."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from local_aws.network.gate import Gate


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
            """Send these blocks: `last` is the last one that passes, and `never` does not pass."""
            said = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response({b"last": 202, b"never": 403}.get(said, 200))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass


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
