"""Faults that the target makes: calls refused, held, late, answers lost, functions killed, connections cut."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from steps.drivers.waiting import eventually

PATIENCE = 60
"""Seconds for a call to come that a fault waits for."""
_here = build_opener(ProxyHandler({}))  # no proxy leads to an emulator on this machine


@dataclass(frozen=True)
class Fault:
    """A fault that is set; `when` is found in `{function} {service} {operation} {body}` of a call that meets it."""

    name: str
    when: str
    ask: Callable[[str], dict[str, Any]]
    """Makes a request about it, by a method of HTTP."""

    @property
    def hits(self) -> int:
        """How many calls have met it."""
        return int(self.ask("GET")["hits"])

    def awaited(self, hits: int = 1) -> None:
        """Returns once so many calls have met it; raises NotSeen."""
        eventually(
            lambda: self.hits >= hits or None,
            what=f"{hits} calls that meet the fault {self.name!r}: {self.when}",
            seen=lambda: f"{self.hits}",
            within=PATIENCE,
        )

    def remove(self) -> None:
        """From here on no call meets it, and what it held goes on."""
        self.ask("DELETE")


class Faults:
    """The faults of one target, set by who has its root user's access key."""

    def __init__(self, url: str, access_key: str, secret_key: str) -> None:
        self._url = url
        pair = base64.b64encode(f"{access_key}:{secret_key}".encode()).decode()
        self._headers = {"Authorization": f"Basic {pair}"}

    def refuse(
        self, name: str, when: str, code: str, *, status: int = 400, work: str = "undone", times: int | None = None
    ) -> Fault:
        """Each such call is refused with `code`, or the first `times`; with `work` done or going on it is done even so.

        Of those that are done even so, one alone is refused unless `times` says otherwise.
        """
        error = {"code": code, "message": f"{name}, on purpose", "status": status}
        times = 1 if times is None and work != "undone" else times
        return self._set(name, when, {"effect": "error", "error": error, "work": work, "times": times})

    def crash(self, name: str, when: str, *, work: str = "undone") -> Fault:
        """The first function that makes such a call dies of it, and the call is done or not."""
        return self._set(name, when, {"effect": "crash", "work": work})

    def hold(self, name: str, when: str, *, times: int = 1) -> Fault:
        """The first such calls wait until the fault is removed, and are done then."""
        return self._set(name, when, {"effect": "hold", "times": times})

    def slow(self, name: str, when: str, seconds: float) -> Fault:
        """Each such call is done so many seconds late."""
        return self._set(name, when, {"effect": "slow", "seconds": seconds, "times": None})

    def cut(self, name: str, when: str, *, work: str = "undone") -> Fault:
        """The first connection to PostgreSQL on which `{function} postgresql {bytes}` is sent is lost.

        What is sent is done or not; its answer never comes.
        """
        return self._set(name, when, {"effect": "cut", "work": work})

    def clear(self) -> None:
        """Removes them all."""
        self._ask("DELETE")

    def _set(self, name: str, when: str, effect: dict[str, Any]) -> Fault:
        path = f"/{quote(name, safe='')}"
        self._ask("PUT", path, {"when": when, **effect})
        return Fault(name, when, partial(self._ask, path=path))

    def _ask(self, method: str, path: str = "", body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = json.dumps(body).encode() if body else None
        request = Request(f"{self._url}{path}", data, self._headers, method=method)
        with _here.open(request, timeout=PATIENCE) as answer:
            found: dict[str, Any] = json.load(answer)
        return found
