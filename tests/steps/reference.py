"""The reference pipeline, deployed to an embedded AWS of its own as for a session of the acceptance."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any
from urllib.request import Request, urlopen

from steps.drivers.names import Names
from steps.paths import ROOT
from steps.targets.embedded import embedded
from steps.targets.embedded_start import launch
from steps.targets.environment import Environment
from steps.targets.settings import read
from steps.targets.system import SystemUnderTest

NAMES = Names("123456789012")


@contextmanager
def reference_pipeline() -> Iterator[Environment]:
    """There as long as the context lasts."""
    starting = launch(NAMES)
    try:
        system = SystemUnderTest(ROOT / "system_under_test")
        users = read(system.settings, {}).users
        quietly: dict[str, Any] = {"say": lambda _: None, "phase": lambda _: nullcontext()}
        yield embedded(starting, system, names=NAMES, test_users=users, **quietly)
    finally:
        starting.stop()


def control(exports: Mapping[str, str], path: str, **settings: Any) -> None:
    """Set a state of the embedded AWS that leads to `exports` by a control request."""
    keys = f"{exports['AWS_ACCESS_KEY_ID']}:{exports['AWS_SECRET_ACCESS_KEY']}"
    headers = {"Authorization": f"Basic {base64.b64encode(keys.encode()).decode()}"}
    body = json.dumps(settings).encode()
    urlopen(Request(f"{exports['AWS_ENDPOINT_URL']}{path}", body, headers, method="PUT"), timeout=10).close()
