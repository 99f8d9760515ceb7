"""The gate lives as long as its embedded AWS, and is missed when it ends before."""

import os
import signal
import socket
from collections.abc import Iterator

import psutil
import pytest

from local_aws import LocalAws, LocalAwsError
from tests.local_aws.helpers import eventually


@pytest.fixture
def own_aws() -> Iterator[LocalAws]:
    """An embedded AWS that a test may break."""
    with LocalAws.start() as aws:
        yield aws


def gate_of(aws: LocalAws) -> psutil.Process:
    """The process that listens on the gate's port."""
    port = int(aws.aurora_endpoint.rpartition(":")[2])
    return next(
        child
        for child in psutil.Process(aws.pid).children(recursive=True)
        if any(each.status == "LISTEN" and each.laddr.port == port for each in child.net_connections())
    )


def is_open(endpoint: str) -> bool:
    host, _, port = endpoint.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_it_is_told_where_it_is_and_listens_there_alone(own_aws: LocalAws) -> None:
    assert own_aws.environment["AURORA_ENDPOINT"] == own_aws.aurora_endpoint
    listening = [each.laddr.ip for each in gate_of(own_aws).net_connections() if each.status == "LISTEN"]
    assert listening == ["127.0.0.1"]
    own_aws.check()


def test_a_gate_that_has_ended_is_told(own_aws: LocalAws) -> None:
    gate_of(own_aws).kill()
    eventually(lambda: not is_open(own_aws.aurora_endpoint), "the gate to be gone")
    with pytest.raises(LocalAwsError, match=r"(?s)The gate before PostgreSQL, 127\.0\.0\.1:\d+, .*Run it again"):
        own_aws.check()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_embedded_aws(own_aws: LocalAws, ending: signal.Signals) -> None:
    gate = gate_of(own_aws)
    os.kill(own_aws.pid, ending)
    eventually(lambda: not gate.is_running(), "the gate to be gone")
