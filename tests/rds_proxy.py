"""An RDS Proxy before a PostgreSQL: over TLS if it has a certificate, and refusing what RDS Proxy refuses."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from steps.targets.certificate import Certificate

_SSL, _GSS = 80877103, 80877104
_REFUSAL = "Feature not supported: RDS Proxy currently doesn't support command-line options."


@contextmanager
def rds_proxy(database_url: str, server: Certificate | None = None) -> Iterator[int]:
    """Serve on a free loopback port, which is yielded, and pass sessions on to the database at `database_url`."""
    told = conninfo_to_dict(database_url)
    tls = _context(server) if server else None
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        upstream = (str(told["host"]), int(told["port"] or 5432))
        threading.Thread(target=_accept, args=(listener, upstream, tls), daemon=True).start()
        yield listener.getsockname()[1]


def _context(server: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        both = Path(folder, "both.pem")
        both.write_bytes(server.certificate + server.key)
        context.load_cert_chain(both)
    return context


def _accept(listener: socket.socket, upstream: tuple[str, int], tls: ssl.SSLContext | None) -> None:
    with suppress(OSError):  # closed
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client, upstream, tls), daemon=True).start()


def _serve(client: Any, upstream: tuple[str, int], tls: ssl.SSLContext | None) -> None:
    with suppress(OSError), ExitStack() as held:
        held.enter_context(closing(client))
        code, startup = _startup(client)
        while code in (_SSL, _GSS):
            client.sendall(b"S" if code == _SSL and tls else b"N")
            if code == _SSL and tls:
                client = held.enter_context(closing(tls.wrap_socket(client, server_side=True)))
            code, startup = _startup(client)
        names = startup[8:].split(b"\0")[::2]
        if b"options" in names:
            fields = b"".join(kind + text.encode() + b"\0" for kind, text in _error()) + b"\0"
            client.sendall(b"E" + struct.pack("!I", len(fields) + 4) + fields)
            return
        with socket.create_connection(upstream) as server:
            server.sendall(startup)
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()


def _error() -> list[tuple[bytes, str]]:
    return [(b"S", "FATAL"), (b"V", "FATAL"), (b"C", "0A000"), (b"M", _REFUSAL)]


def _startup(client: Any) -> tuple[int, bytes]:
    """(protocol or request code, the whole packet) of a packet without a type, as a session begins with."""
    length = _read(client, 4)
    rest = _read(client, int.from_bytes(length) - 4)
    return int.from_bytes(rest[:4]), length + rest


def _read(client: Any, size: int) -> bytes:
    content = b""
    while len(content) < size:
        block = client.recv(size - len(content))
        if not block:
            raise ConnectionError("the client has gone")
        content += block
    return content


def _pump(source: Any, sink: Any) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            sink.sendall(block)
        sink.shutdown(socket.SHUT_WR)
