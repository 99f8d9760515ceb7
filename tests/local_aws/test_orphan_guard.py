"""However the guard's owner ends, nothing of it is left, and no other process is ended."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.orphan_guard import Guard, stand_guard
from local_aws.postgres.server import Postgres
from tests.local_aws.helpers import eventually

ROOT = Path(__file__).parents[2]
# Its watched child holds its standard output too, so that reading this to the end waits for both.
OWNER = """
import subprocess, sys
from pathlib import Path
from local_aws.orphan_guard import Guard
from local_aws.postgres.server import Postgres
folder = Path(sys.argv[1])
guard = Guard(folder)
guard.watch(subprocess.Popen(["sleep", "600"]).pid)
print("guarded", flush=True)
server = Postgres(folder).start()
print(server.port, server.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder() -> Path:
    """A private folder with a space and Japanese in its name, that the guard is to remove."""
    return Path(tempfile.mkdtemp(prefix="試験 "))


@pytest.fixture
def owner(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that starts a guard, a child and a PostgreSQL, and says so."""
    command = [sys.executable, "-c", OWNER, str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        process.kill()


def line_of(owner: subprocess.Popen[str]) -> str:
    assert owner.stdout
    return owner.stdout.readline().strip()


def answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_nothing_is_left_of_an_owner_that_is_killed(owner: subprocess.Popen[str], folder: Path) -> None:
    line_of(owner)
    port = int(line_of(owner).split()[0])
    assert answers(port)
    owner.kill()
    owner.communicate(timeout=20)
    eventually(lambda: not answers(port), "PostgreSQL to be gone")
    eventually(lambda: not folder.exists(), "the folder to be gone")


def test_nothing_is_left_of_an_owner_that_is_killed_while_the_cluster_is_made(
    owner: subprocess.Popen[str], folder: Path
) -> None:
    line_of(owner)
    eventually(lambda: (folder / "data/postmaster.pid").exists(), "initdb to be at work")
    owner.kill()
    owner.communicate(timeout=20)
    eventually(lambda: not folder.exists(), "the folder to be gone")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_shared_memory_is_left_of_a_server_that_is_killed_with_its_owner(
    owner: subprocess.Popen[str], folder: Path
) -> None:
    line_of(owner)
    pid = int(line_of(owner).split()[1])
    segment = (folder / "data/postmaster.pid").read_text().splitlines()[6].split()[1]

    def there() -> bool:
        return segment in (line.split()[1] for line in Path("/proc/sysvipc/shm").read_text().splitlines())

    assert there()
    os.kill(pid, signal.SIGKILL)
    owner.kill()
    eventually(lambda: not folder.exists(), "the folder to be gone")
    eventually(lambda: not there(), "the shared memory to be gone")


def test_release_clears_up_at_once_and_is_idempotent(folder: Path) -> None:
    guard = Guard(folder)
    server = Postgres(folder).start()
    guard.release()
    assert not folder.exists()
    assert not answers(server.port)
    guard.release()
    server.stop()


def test_a_watched_leader_is_ended_with_its_whole_group(folder: Path) -> None:
    guard = Guard(folder)
    family = subprocess.Popen(
        ["sh", "-c", "sleep 600 & echo up; wait"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert line_of(family) == "up"
    guard.watch(family.pid)
    guard.release()
    family.communicate(timeout=20)
    assert family.returncode == -signal.SIGKILL


def test_a_pid_that_another_process_has_by_now_is_left_alone(folder: Path) -> None:
    with subprocess.Popen(["sleep", "600"]) as bystander:
        stand_guard([b"%d 1\n" % bystander.pid], folder)
        assert bystander.poll() is None
        assert not folder.exists()
        bystander.kill()


def test_a_postmaster_pid_that_names_another_process_hurts_nobody(folder: Path) -> None:
    with subprocess.Popen(["sleep", "600"]) as bystander:
        lines = [str(bystander.pid), str(folder), "0", "5432", "", "127.0.0.1", "1 1", "ready"]
        (folder / "postmaster.pid").write_text("\n".join(lines))
        stand_guard([], folder)
        assert bystander.poll() is None
        bystander.kill()


def test_a_child_that_has_ended_needs_no_watching(folder: Path) -> None:
    guard = Guard(folder)
    with subprocess.Popen(["true"]) as child:
        child.wait()
        guard.watch(child.pid)
    guard.release()
    assert not folder.exists()


def test_signals_of_a_terminal_or_a_service_manager_do_not_end_it_before_its_owner(folder: Path) -> None:
    guard = Guard(folder)
    with subprocess.Popen(["sleep", "600"]) as child:
        guard.watch(child.pid)
        assert os.getsid(guard.pid) == guard.pid
        os.kill(guard.pid, signal.SIGTERM)
        guard.release()
        assert child.wait(20) == -signal.SIGKILL
    assert not folder.exists()
