"""The localstack target: what it says when it cannot start, and that it leaves nothing behind."""

import gc
import ssl
import warnings
from contextlib import ExitStack, closing, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import docker
import psycopg
import pytest
from docker.errors import DockerException
from testcontainers.core.config import testcontainers_config

from steps.paths import ROOT
from steps.targets import settings
from steps.targets.certificate import certificate
from steps.targets.containers import DATABASE_HOST, POSTGRES, network, started
from steps.targets.environment import EnvironmentBroken
from steps.targets.localstack import IMAGE, localstack, wants_token
from steps.targets.system import SystemUnderTest

NOBODY = "tcp://127.0.0.1:1"
SYSTEM = SystemUnderTest(ROOT / "system_under_test")


def begun(running, **variables):
    read = settings.read(SYSTEM.settings, {})
    return localstack(read, SYSTEM, variables, running, keep=None, say=print, phase=lambda name: nullcontext())


@pytest.fixture
def engine(monkeypatch):
    client, silent = None, ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the client leaves a socket open where nobody answers
        try:
            client = docker.from_env()
        except DockerException as absent:
            silent = str(absent)
        gc.collect()
    if client is None:
        pytest.skip(f"no container engine answers: {silent}")
    # Its reaper is an image more to pull, and tests that end take their containers along by themselves.
    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)
    with closing(client):
        yield client


@pytest.fixture
def images(engine):
    here = {tag for image in engine.images.list() for tag in image.tags}
    if absent := {IMAGE, POSTGRES} - here:
        pytest.skip(f"the engine has not pulled {', '.join(sorted(absent))}")


@pytest.fixture
def left(engine):
    """The containers, networks and volumes on the engine that were not there before."""

    def everything():
        kinds = engine.containers.list(all=True), engine.networks.list(), engine.volumes.list()
        return {each.id for kind in kinds for each in kind}

    before = everything()
    return lambda: everything() - before


def test_without_an_engine_it_says_so(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", NOBODY)
    with ExitStack() as running, pytest.raises(EnvironmentBroken) as broken:
        begun(running)
    cause, evidence, remedy = str(broken.value).splitlines()
    assert cause == "No container engine is ready to run LocalStack."
    assert evidence.startswith("  evidence: ")
    assert "Connection refused" in evidence
    assert "DOCKER_HOST" in remedy


def test_without_the_token_that_an_image_wants_nothing_is_started(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", NOBODY)
    with ExitStack() as running, pytest.raises(EnvironmentBroken) as broken:
        begun(running, LOCALSTACK_IMAGE="localstack/localstack:2026.03.0")
    assert str(broken.value).splitlines() == [
        "localstack/localstack:2026.03.0 does not start without a token.",
        "  evidence: LOCALSTACK_AUTH_TOKEN is not set",
        f"  remedy: set LOCALSTACK_AUTH_TOKEN, or leave LOCALSTACK_IMAGE to {IMAGE}, the last that needs none",
    ]


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        (IMAGE, False),
        ("localstack/localstack:4", False),
        ("localstack/localstack:3.8.1-arm64", False),
        ("localstack/localstack:4.15.0", True),
        ("localstack/localstack:2026.03.0", True),
        ("localstack/localstack:latest", True),
        ("localstack/localstack", True),
        ("127.0.0.1:5000/localstack/localstack", True),
        ("127.0.0.1:5000/localstack/localstack:4.14.0", False),
        ("localstack/localstack-pro:4.14.0", True),
        ("localstack/localstack@sha256:0123", False),
        ("of-our-own/emulator:latest", False),
    ],
)
def test_newer_images_want_a_token(image, wanted):
    assert wants_token(image) is wanted


@pytest.mark.usefixtures("engine")
def test_an_image_that_cannot_be_pulled_is_named_and_nothing_is_left(left):
    with pytest.raises(EnvironmentBroken) as broken, ExitStack() as running:
        begun(running, LOCALSTACK_IMAGE="127.0.0.1:1/nobody/serves:this")
    assert str(broken.value).startswith("The container of 127.0.0.1:1/nobody/serves:this does not start.\n  evidence: ")
    assert "connection refused" in str(broken.value)
    assert "remedy: docker pull 127.0.0.1:1/nobody/serves:this; " in str(broken.value)
    assert left() == set()


@pytest.mark.usefixtures("images")
def test_a_container_that_ends_is_quoted_and_nothing_is_left(left):
    with pytest.raises(EnvironmentBroken) as broken, ExitStack() as running:
        begun(running, LOCALSTACK_IMAGE=POSTGRES)  # which ends when it is told no password
    assert "it is exited with code 1: " in str(broken.value)
    assert "password" in str(broken.value)
    assert "remedy: mend what it says" in str(broken.value)
    assert left() == set()


@pytest.mark.usefixtures("images")
def test_both_answer_and_the_network_takes_all_along_that_is_on_it(engine, left, tmp_path):
    server = certificate(DATABASE_HOST)
    authority = tmp_path / "authority.pem"
    authority.write_bytes(server.certificate)
    with network() as on:
        up = started(on, IMAGE, {"AWS_DEFAULT_REGION": "ap-northeast-1"}, server)
        engine.containers.run(POSTGRES, "sleep 600", network=on.name, detach=True)  # as LocalStack starts functions
        where = {"host": DATABASE_HOST, "hostaddr": "127.0.0.1", "sslmode": "verify-full", "sslrootcert": authority}
        with psycopg.connect(up.database_url, **where) as connection:
            assert connection.info.server_version // 10000 == 16
        assert up.url.startswith("http://127.0.0.1:")
        assert up.database_inside == f"{DATABASE_HOST}:5432"
        assert len(left()) > 3
    assert left() == set()


def test_the_database_s_certificate_proves_its_name():
    server = certificate(DATABASE_HOST)
    trusting = ssl.create_default_context(cadata=server.certificate.decode())
    assert _greeted(trusting, server, DATABASE_HOST) is None
    assert "match" in str(_greeted(trusting, server, "another"))


def _greeted(client, server, name):
    """The error of a TLS client that connects to `name`; None if it accepts the certificate."""
    with TemporaryDirectory() as folder:
        both = Path(folder, "both.pem")
        both.write_bytes(server.certificate + server.key)
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(both)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        serving.wrap_bio(to_server, to_client, server_side=True),
    ]
    try:
        for _ in range(3):  # flights of a handshake
            for end in ends:
                with suppress(ssl.SSLWantReadError):
                    end.do_handshake()
    except ssl.SSLCertVerificationError as refused:
        return refused
    return None
