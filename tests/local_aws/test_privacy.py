"""Only this machine's user gets at the embedded AWS: over the network and in its files."""

import http.client
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from local_aws import LocalAws
from tests.local_aws.conftest import Deploy


def status(aws: LocalAws, host: str) -> int:
    """What a request is answered whose Host header is `host`."""
    connection = http.client.HTTPConnection(urlsplit(aws.endpoint_url).netloc, timeout=20)
    connection.request("GET", "/", headers={"Host": host})
    return connection.getresponse().status


def test_it_answers_to_its_own_names(aws: LocalAws) -> None:
    port = urlsplit(aws.endpoint_url).port
    hosts = [f"127.0.0.1:{port}", f"localhost:{port}", "localhost", f"[::1]:{port}", f"s3.localhost:{port}"]
    assert 421 not in [status(aws, host) for host in hosts]


@pytest.mark.parametrize(
    "host",
    ["example.com", "rebound.example.com:4566", "127.0.0.1.example.com", "localhost.example.com", "[", "10.0.0.1"],
)
def test_a_name_that_was_rebound_to_it_reaches_nothing(aws: LocalAws, host: str) -> None:
    assert status(aws, host) == 421


def test_everything_listens_on_the_loopback_address_alone(aws: LocalAws, deploy: Deploy) -> None:
    deploy("def handler(event, context): pass")({})
    server = psutil.Process(aws.pid)
    sockets = [
        each
        for process in (server, *server.children(recursive=True))
        for each in process.net_connections("inet")
        if each.status == psutil.CONN_LISTEN
    ]
    assert len(sockets) > 2  # AWS, PostgreSQL, the gate between functions and it
    assert {each.laddr.ip for each in sockets} == {"127.0.0.1"}


def open_to_others(folder: Path) -> Iterator[Path]:
    """What in `folder` other users can read or write, as far as they get."""
    for path in folder.iterdir():
        mode = path.lstat().st_mode
        if mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IRGRP | stat.S_IWGRP) and not stat.S_ISLNK(mode):
            yield path
        elif stat.S_ISDIR(mode) and mode & (stat.S_IXOTH | stat.S_IXGRP):
            yield from open_to_others(path)


def test_no_other_user_can_read_its_files(aws: LocalAws, deploy: Deploy, tmp_path: Path) -> None:
    deploy("def handler(event, context): pass")({})
    assert not aws.folder.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IRGRP | stat.S_IWGRP)
    binaries = aws.folder / "postgres" / "pgsql"  # PostgreSQL itself, out of its wheel
    assert [path for path in open_to_others(aws.folder) if path != binaries] == []
    (tmp_path / "passable").mkdir(mode=0o711)
    (tmp_path / "passable" / "open").touch(mode=0o644)
    assert [path.name for path in open_to_others(tmp_path)] == ["open"]
