"""The HTTP server of the embedded AWS keeps a connection open, whatever became of the request before."""

from __future__ import annotations

from http.client import HTTPConnection

import pytest

from local_aws import LocalAws


@pytest.fixture
def connection(aws: LocalAws):
    opened = HTTPConnection(aws.endpoint_url.removeprefix("http://"), timeout=30)
    yield opened
    opened.close()


@pytest.mark.parametrize("body", [b"", b"x" * 300_000, iter([b"x" * 200_000, b"y"])], ids=["none", "long", "chunked"])
def test_the_next_request_begins_where_a_refused_one_ends(connection: HTTPConnection, body):
    statuses, ports = [], set()
    for host in ("example.com", "127.0.0.1"):
        connection.request("POST", "/", body if host == "example.com" else None, {"Host": host})
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
        ports.add(connection.sock and connection.sock.getsockname())
    assert statuses[0] == 421
    assert statuses[1] == 403  # unsigned
    assert len(ports) == 1
    assert None not in ports


def test_no_region_offers_instances(client):
    offered = client("ec2").describe_instance_type_offerings(LocationType="availability-zone")
    assert offered["InstanceTypeOfferings"] == []
