"""It leaves nothing behind: of connections, of its owner, of itself."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from local_aws.network.gate import Gate, GateError
from tests.local_aws.helpers import eventually, runs
from tests.local_aws.network.gate.connections import Judge, abort, called, received

ROOT = Path(__file__).parents[4]
OWNER = """
import sys
from local_aws.network.gate import Gate
gate = Gate(int(sys.argv[1]), int(sys.argv[2]), "Basic any")
print(gate.pid, gate.port, flush=True)
sys.stdin.read()
"""


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
        Gate(1, 1, "Basic any")
