"""RDS: refuses clusters that AWS refuses, reports the gate as their endpoint, and restarts PostgreSQL with a writer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request, Response

from local_aws.errors import ServiceError, error_response
from local_aws.http import Handler, scope_of

_RESTARTS, _CHANGES = {"FailoverDBCluster", "RebootDBInstance"}, {"CreateDBCluster", "ModifyDBCluster"}
_VERSION = re.compile(r"1[1-9](\.\d{1,2})?")
"""Major and minor versions of Aurora PostgreSQL: 11 is the oldest; each year adds one."""
_SCALING = "ServerlessV2ScalingConfiguration."
_RANGES = {
    "BackupRetentionPeriod": (1, 35),
    "Port": (1150, 65535),
    f"{_SCALING}MinCapacity": (0, 256),
    f"{_SCALING}MaxCapacity": (0.5, 256),
    f"{_SCALING}SecondsUntilAutoPause": (300, 86_400),
}
"""The least and the greatest value of each number."""
# A cluster's Endpoint is text; an instance's Endpoint has the elements Address and Port.
_ENDPOINT = re.compile(rb"<Endpoint>[^<]*</Endpoint>")


class Aurora:
    """The layer that makes one PostgreSQL stand for all clusters."""

    def __init__(self) -> None:
        self.address = ""
        """Host and port of the gate, once it is open; on the loopback, the host alone would not identify it."""
        self.restart: Callable[[], None] = lambda: None
        """Restarts PostgreSQL, and returns when it accepts connections again."""

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Replaces each cluster's endpoint by `address`; calls `restart` after a request that restarts a writer.

        Refuses parameters of a cluster that AWS refuses, and moto takes.
        """
        scope = scope_of(request)
        if scope is None or scope.service != "rds":
            return inner(request)
        asked = dict(parse_qsl(request.get_data(as_text=True)))
        action = asked.get("Action", "")
        if fault := find_fault(asked) if action in _CHANGES else find_fault_of_subnets(asked):
            return error_response(request, scope, fault)
        answer = inner(request)
        if self.address and "Prox" not in action:  # Proxy, Proxies
            endpoint = b"<Endpoint>%b</Endpoint>" % self.address.encode()
            answer.set_data(_ENDPOINT.sub(endpoint, answer.get_data()))
        if answer.status_code == 200 and action in _RESTARTS:
            self.restart()
        return answer


def find_fault_of_subnets(asked: Mapping[str, str]) -> ServiceError | None:
    """Return the error for a group of fewer than two subnets, which cannot lie in two availability zones."""
    subnets = {value for name, value in asked.items() if name.startswith("SubnetIds.")}
    if asked.get("Action") not in ("CreateDBSubnetGroup", "ModifyDBSubnetGroup") or len(subnets) > 1:
        return None
    text = "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement."
    text += " Add subnets to cover at least 2 AZs."
    return ServiceError("DBSubnetGroupDoesNotCoverEnoughAZs", text)


def find_fault(asked: Mapping[str, str]) -> ServiceError | None:
    """Return the error for the first parameter of a cluster that Aurora PostgreSQL refuses; None if there is none.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html
    """
    engine, version = asked.get("Engine", ""), asked.get("EngineVersion")
    if engine == "aurora-postgresql" and version and not _VERSION.fullmatch(version):
        return ServiceError("InvalidParameterCombination", f"Cannot find version {version} for {engine}")
    for name, (least, most) in _RANGES.items():
        if name in asked and not least <= float(asked[name]) <= most:
            text = f"Invalid value {asked[name]} for {name}: it must be from {least:g} to {most:g}"
            return ServiceError("InvalidParameterValue", text)
    smallest, largest = float(asked.get(f"{_SCALING}MinCapacity", 0)), float(asked.get(f"{_SCALING}MaxCapacity", 256))
    if smallest > largest:
        text = f"Serverless v2 minimum capacity {smallest:g} is greater than maximum capacity {largest:g}"
        return ServiceError("InvalidParameterCombination", text)
    return None
