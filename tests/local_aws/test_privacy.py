"""Only this machine's user gets at the embedded AWS: over the network and in its files."""

import http.client
import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from local_aws import LocalAws
from tests.local_aws.authentication.signing import basic, presigned, send
from tests.local_aws.conftest import REGION, Deploy
from tests.local_aws.helpers import unique

ClientOf = Callable[[str], Any]


def status(aws: LocalAws, host: str) -> int:
    """The answer to a request whose Host header is `host`."""
    with closing(http.client.HTTPConnection(urlsplit(aws.endpoint_url).netloc, timeout=20)) as connection:
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


FROM_A_PAGE = [
    {"Origin": "https://example.com"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:8000"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Sec_Fetch_Site": "same-origin"},
    {"Access_Control_Request_Method": "PUT"},
]


@pytest.mark.parametrize("headers", FROM_A_PAGE, ids=str)
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_no_web_page_is_answered(aws: LocalAws, method: str, headers: dict[str, str]) -> None:
    for target, more in ((presigned(aws, method, "/"), {}), ("/_faults", {"Authorization": basic(aws)})):
        answer = send(aws, method, target, **headers, **more)
        assert (answer.status, answer.body.splitlines()[0]) == (403, b"The embedded AWS answers no web page.")


def test_a_link_that_somebody_opens_is_answered(aws: LocalAws) -> None:
    assert send(aws, "GET", presigned(aws, "GET", "/"), Sec_Fetch_Site="none").status == 200


def test_no_answer_tells_a_browser_that_a_page_may_read_it(aws: LocalAws) -> None:
    for answer in (send(aws, "GET", presigned(aws, "GET", "/")), send(aws, "GET", "/")):
        assert [name for name in answer.headers if name.lower().startswith("access-control-")] == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        *("/moto-api", "/moto-api/", "/moto-api/reset", "/moto-api/data.json", "/moto-api/config", "/moto-api/seed"),
        *(
            "/moto-api/recorder/start-recording",
            "/moto-api/proxy/passthrough",
            "/moto-api/state-manager/get-transition",
        ),
        *("//moto-api/reset", "///moto-api/reset", "/%6doto-api/reset", "/moto%2Dapi/reset", "/%2fmoto-api/reset"),
        *("/latest/meta-data/iam/security-credentials/any", "/latest/api/token", "/favicon.ico"),
    ],
)
def test_nothing_of_motos_own_is_answered(aws: LocalAws, client: ClientOf, method: str, path: str) -> None:
    bucket = unique("bucket")
    client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    assert send(aws, method, path).status == 403
    assert send(aws, method, presigned(aws, method, path)).status == 403
    client("s3").head_bucket(Bucket=bucket)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/_faults/any"), ("DELETE", "/_faults"), ("GET", "/_iam/asked")], ids=str
)
def test_faults_and_what_iam_was_asked_are_for_the_root_user_alone(aws: LocalAws, method: str, path: str) -> None:
    theirs = "Basic QUtJQUxPQ0FMQVdTUk9PVDAwMDA6bG9jYWwtYXdz"
    for answer in (send(aws, method, path), send(aws, method, path, Authorization=theirs)):
        assert (answer.status, answer.body[:41]) == (403, b"/_ is for the root user of this session a")
    assert send(aws, method, path, Authorization=basic(aws)).status in (200, 404)


def test_only_the_gate_may_ask_for_connections(aws: LocalAws) -> None:
    assert b'"barrier"' not in send(aws, "GET", "/_network/connections/1/1").body


def test_only_a_functions_own_process_reaches_its_runtime_api(deploy: Deploy) -> None:
    function = deploy("import os\ndef handler(event, context): return os.environ['AWS_LAMBDA_RUNTIME_API']", Timeout=5)
    address = function().payload
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port))):  # who says nothing holds nobody up
        strangers = []
        for method, path in (("GET", "invocation/next"), ("POST", "invocation/any/response"), ("POST", "init/error")):
            strangers.append(http.client.HTTPConnection(address, timeout=20))
            strangers[-1].request(method, f"/2018-06-01/runtime/{path}")
        assert function().payload == address
        for each in strangers:
            with pytest.raises(ConnectionError):
                each.getresponse()


def test_no_secret_is_among_a_processs_arguments(aws: LocalAws, deploy: Deploy) -> None:
    deploy("def handler(event, context): pass")({})
    server = psutil.Process(aws.pid)
    processes = (psutil.Process(os.getpid()), server, *server.children(recursive=True))
    arguments = [" ".join(each.cmdline()) for each in processes]
    secrets = [aws.environment[name] for name in ("AWS_SECRET_ACCESS_KEY", "PGPASSWORD")]
    assert [each for each in arguments if any(secret in each for secret in secrets)] == []
    assert any("postgres" in each for each in arguments)


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
    """The paths in `folder` that other users can reach and read or write."""
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
