"""LocalStack and PostgreSQL in containers that are started for the session and removed after it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory

from testcontainers.core.config import testcontainers_config

from steps.targets.certificate import certificate
from steps.targets.containers import DATABASE_HOST, ending, network, started
from steps.targets.endpoint import endpoint
from steps.targets.environment import Environment, EnvironmentBroken
from steps.targets.settings import Settings
from steps.targets.system import SystemUnderTest

IMAGE = "localstack/localstack:4.14.0"
"""The last version that needs no token."""
_FREE = (4, 14)
_TOKEN = "LOCALSTACK_AUTH_TOKEN"


def localstack(
    settings: Settings,
    system: SystemUnderTest,
    variables: Mapping[str, str],
    running: ExitStack,
    *,
    keep: Callable[[str], None] | None,
    say: Callable[[str], None],
    phase: Callable[[str], AbstractContextManager[None]],
) -> Environment:
    """Start LocalStack as `variables` say (LOCALSTACK_IMAGE, LOCALSTACK_AUTH_TOKEN) and deploy `system`.

    It is removed when `running` closes, unless `keep` is given, which then receives the commands to reach and to
    remove it. Raises EnvironmentBroken if the container engine, an image or the token is missing.
    """
    image, token = variables.get("LOCALSTACK_IMAGE") or IMAGE, variables.get(_TOKEN)
    if not token and wants_token(image):
        raise EnvironmentBroken(
            f"{image} does not start without a token.",
            evidence=f"{_TOKEN} is not set",
            remedy=f"set {_TOKEN}, or leave LOCALSTACK_IMAGE to {IMAGE}, the last that needs none",
        )
    told = {"AWS_DEFAULT_REGION": settings.region} | ({_TOKEN: token} if token else {})
    server = certificate(DATABASE_HOST)
    with phase("start"):
        # Ryuk, which removes the containers of a killed process, would remove kept ones too.
        testcontainers_config.ryuk_disabled |= keep is not None
        on = running.enter_context(network(kept=keep is not None))
        if keep:
            running.callback(keep, ending(on.name))
        up = started(on, image, told, server)
    with TemporaryDirectory() as folder:
        authority = Path(folder, "database.pem")
        authority.write_bytes(server.certificate)
        environment = endpoint(
            up.url,
            up.database_url,
            settings,
            system,
            say=say,
            phase=phase,
            target="localstack",
            database_inside=up.database_inside,
            make={"RDS_CERTIFICATES": authority.as_uri()},
        )
    if keep:
        running.callback(keep, "\n".join(f"export {name}={quote(text)}" for name, text in environment.exports.items()))
    return environment


def wants_token(image: str) -> bool:
    """True if that image is known to be a LocalStack version that requires a token."""
    if "@" in image:
        return False
    name, _, tag = image.rpartition(":")
    if not name or "/" in tag:  # the colon is that of a registry's port
        name, tag = image, "latest"
    version = re.match(r"(\d+)(?:\.(\d+))?", tag)
    free = version is not None and (int(version[1]), int(version[2] or 0)) <= _FREE
    return name.endswith("localstack/localstack-pro") or (name.endswith("localstack/localstack") and not free)
