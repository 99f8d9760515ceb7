"""Faults that the target makes: calls refused, answers lost, functions killed, calls held."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from steps.drivers.waiting import eventually

PATIENCE = 30
"""Seconds for a call to come that a fault waits for."""
_here = build_opener(ProxyHandler({}))  # no proxy leads to an emulator on this machine


@dataclass(frozen=True)
class Fault:
    """A fault that is set; `when` is found in `{function} {service} {operation} {body}` of a call that meets it."""

    name: str
    when: str
    url: str

    @property
    def hits(self) -> int:
        """How many calls have met it."""
        return int(_asked("GET", self.url)["hits"])

    def awaited(self) -> None:
        """Returns once a call has met it; raises NotSeen."""
        eventually(
            lambda: self.hits or None,
            what=f"a call that meets the fault {self.name!r}: {self.when}",
            seen=lambda: "no such call",
            within=PATIENCE,
        )

    def remove(self) -> None:
        """From here on no call meets it, and what it held goes on."""
        _asked("DELETE", self.url)


class Faults:
    """The faults of one target."""

    def __init__(self, url: str) -> None:
        self._url = url

    def refuse(self, name: str, when: str, code: str, *, status: int = 400, work: str = "undone") -> Fault:
        """Each such call is refused with `code`; with `work` done or going on, only one is, and it is done even so."""
        error = {"code": code, "message": f"{name}, on purpose", "status": status}
        times = None if work == "undone" else 1
        return self._set(name, when, {"effect": "error", "error": error, "work": work, "times": times})

    def crash(self, name: str, when: str) -> Fault:
        """The first function that makes such a call dies of it, and the call is not done."""
        return self._set(name, when, {"effect": "crash"})

    def hold(self, name: str, when: str) -> Fault:
        """The first such call waits until the fault is removed, and is done then."""
        return self._set(name, when, {"effect": "hold"})

    def clear(self) -> None:
        """Removes them all."""
        _asked("DELETE", self._url)

    def _set(self, name: str, when: str, effect: dict[str, Any]) -> Fault:
        url = f"{self._url}/{quote(name, safe='')}"
        _asked("PUT", url, {"when": when, **effect})
        return Fault(name, when, url)


def _asked(method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    request = Request(url, method=method, data=json.dumps(body).encode() if body else None)
    with _here.open(request, timeout=PATIENCE) as answer:
        found: dict[str, Any] = json.load(answer)
    return found
