"""LocalStack and PostgreSQL in containers on their own network, all of which is removed with the network."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from docker.errors import APIError, DockerException
from testcontainers.core.config import ConnectionMode, get_docker_socket
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.exceptions import ContainerStartException
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from steps.drivers.waiting import eventually
from steps.targets.certificate import Certificate
from steps.targets.embedded_start import DATABASE
from steps.targets.environment import EnvironmentBroken

POSTGRES = "postgres:16"
DATABASE_HOST = "postgres"
"""The database's host name on the network."""
_TLS = "/tls/server.crt", "/tls/server.key"
# PostgreSQL rejects a key that others may read, and its user's id in the image is not known outside.
_WITH_TLS = (
    f"chown postgres {_TLS[1]} && exec docker-entrypoint.sh postgres"
    f" -c ssl=on -c ssl_cert_file={_TLS[0]} -c ssl_key_file={_TLS[1]}"
)
_POSTGRES_PORT, _GATEWAY_PORT = 5432, 4566
_LOCALSTACK_READY = re.compile(r"\bReady\.\s*$", re.MULTILINE)
# During initialization the image runs a temporary server, which also reports ready but listens on no address.
_POSTGRES_READY = re.compile(r"listening on IPv4.*ready to accept connections", re.DOTALL)
_LOCALHOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Containers:
    """The URLs of both containers from this machine, and the database's host:port as functions reach it."""

    url: str
    database_url: str
    database_inside: str


@contextmanager
def network(*, kept: bool = False) -> Iterator[Network]:
    """Yield a new network, removed with its containers unless `kept`. Raises EnvironmentBroken without an engine."""
    try:
        made = Network().create()
    except DockerException as silent:
        raise EnvironmentBroken(
            "No container engine is ready to run LocalStack.",
            evidence=str(silent),
            remedy="start Docker, or name an engine's socket by DOCKER_HOST; the embedded target needs none",
        ) from silent
    try:
        yield made
    finally:
        if not kept:
            emptied(made.name)
            made.remove()
        made._docker.client.close()  # testcontainers does not close it


def emptied(name: str) -> None:
    """Remove every container of that network, including the function containers that LocalStack leaves behind."""
    engine: Any = DockerClient().client
    last: dict[str, str] = {}

    def gone() -> bool | None:
        last.clear()
        for each in engine.containers.list(all=True, filters={"network": name}, ignore_removed=True):
            last[each.name] = "removed"  # listed again, since LocalStack may be starting another
            try:
                each.remove(force=True, v=True)
            except APIError as refused:  # the engine itself may be removing it already
                last[each.name] = str(refused)
        return None if last else True

    try:
        eventually(gone, what=f"the containers on the network {name} to go", within=60, seen=lambda: str(last))
    finally:
        engine.close()


def ending(name: str) -> str:
    """The shell command that removes the containers and the network by hand."""
    return (
        f"LocalStack and PostgreSQL go on until: docker ps -aqf network={name} | xargs docker rm -fv"
        f" && docker network rm {name}"
    )


def started(on: Network, image: str, variables: Mapping[str, str], certificate: Certificate) -> Containers:
    """Start LocalStack from `image` with these variables, and PostgreSQL. Raises EnvironmentBroken."""
    # testcontainers' own classes for both would wait for their full timeout after a container has exited.
    login = {"POSTGRES_USER": "postgres", "POSTGRES_PASSWORD": secrets.token_hex(16), "POSTGRES_DB": DATABASE}
    database = DockerContainer(POSTGRES, env=login, ports=[_POSTGRES_PORT], network_aliases=[DATABASE_HOST])
    database.with_command(["sh", "-c", _WITH_TLS])
    for path, content, mode in zip(_TLS, certificate, (0o644, 0o600), strict=True):
        database.with_copy_into_container(content, path, mode)
    aws = DockerContainer(image, env={**variables, "LAMBDA_DOCKER_NETWORK": on.name}, ports=[_GATEWAY_PORT])
    aws.with_volume_mapping(get_docker_socket(), "/var/run/docker.sock", "rw")  # it starts functions' containers
    aws_at = _start(aws, on, _GATEWAY_PORT, ready=_LOCALSTACK_READY)
    database_at = _start(database, on, _POSTGRES_PORT, ready=_POSTGRES_READY)
    return Containers(
        url=f"http://{aws_at}",
        database_url=f"postgresql://postgres:{login['POSTGRES_PASSWORD']}@{database_at}/{DATABASE}",
        database_inside=f"{DATABASE_HOST}:{_POSTGRES_PORT}",
    )


def _start(container: DockerContainer, on: Network, port: int, *, ready: re.Pattern[str]) -> str:
    """Start the container and wait until its log reports ready. Return its host:port; raises EnvironmentBroken."""
    container.waiting_for(LogMessageWaitStrategy(ready).with_poll_interval(0.2))
    client = container.with_network(on).get_docker_client()
    if client.get_connection_mode() == ConnectionMode.docker_host and client.host() in _LOCALHOSTS:
        loopback: Any = ("127.0.0.1",)  # access to LocalStack is access to the container engine
        container.ports = dict.fromkeys(container.ports, loopback)
    try:
        container.start()
        return f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"
    except (DockerException, RuntimeError, OSError) as failed:
        raise _not_started(container, failed) from failed
    finally:
        client.client.close()


def _not_started(container: DockerContainer, failed: Exception) -> EnvironmentBroken:
    """The error for a container that was not created or is not ready: its status and its last log lines."""
    cause = f"The container of {container.image} does not start."
    try:
        there = container.get_wrapped_container()
    except ContainerStartException:
        remedy = f"docker pull {container.image}; LOCALSTACK_IMAGE names another LocalStack"
        return EnvironmentBroken(cause, evidence=str(failed), remedy=remedy)
    there.reload()
    words = there.logs(tail=5).decode("utf-8", "replace").split("\n")
    said = " / ".join(line.strip() for line in words if line.strip())
    code = f" with code {there.attrs['State']['ExitCode']}" if there.status == "exited" else ""
    remedy = "mend what it says; memory, disk and the engine's own log are where to look where it says nothing"
    return EnvironmentBroken(cause, evidence=f"it is {there.status}{code}: {said or failed}", remedy=remedy)
