"""A gate, whom it leads to, and who judges."""

import socket
import threading
from collections.abc import Iterator

import pytest

from local_aws.network.gate import Gate
from tests.local_aws.network.gate.connections import Judge


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
    gate = Gate(database.getsockname()[1], judge.server_port, "Basic any")
    yield gate
    gate.close()
