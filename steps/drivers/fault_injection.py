"""Faults injected by the target: calls refused, held or delayed, responses lost, functions killed, connections cut."""

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
"""Seconds to wait for a call that matches a fault, and for the response to a request about faults."""
_REASONS = ("TransactionConflict", "ThrottlingError")
"""Reasons for which DynamoDB cancels a transaction; the code of the error itself is the same for each.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""
_here = build_opener(ProxyHandler({}))  # an emulator on this machine is reached without a proxy


@dataclass(frozen=True)
class Fault:
    """An active fault; it matches calls whose `{function} {service} {operation} {body}` holds the regex `when`."""

    name: str
    when: str
    ask: Callable[[str], dict[str, Any]]
    """Send a request about this fault with the given HTTP method."""

    @property
    def hits(self) -> int:
        """The number of calls that the fault has matched."""
        return int(self.ask("GET")["hits"])

    def awaited(self, hits: int = 1) -> None:
        """Wait until the fault has matched `hits` calls. Raises NotSeen."""
        eventually(
            lambda: self.hits >= hits or None,
            what=f"{hits} calls that meet the fault {self.name!r}: {self.when}",
            seen=lambda: f"{self.hits}",
            within=PATIENCE,
        )

    def remove(self) -> None:
        """Remove the fault; calls that it holds continue."""
        self.ask("DELETE")


class Faults:
    """The faults of one target, managed with the access key of its root user."""

    def __init__(self, url: str, access_key: str, secret_key: str) -> None:
        self._url = url
        pair = base64.b64encode(f"{access_key}:{secret_key}".encode()).decode()
        self._headers = {"Authorization": f"Basic {pair}"}

    def refuse(
        self, name: str, when: str, code: str, *, status: int = 400, work: str = "undone", times: int | None = None
    ) -> Fault:
        """Fail matching calls with `code`, at most `times` of them (default: all).

        A reason for which DynamoDB cancels transactions, such as TransactionConflict, cancels one for it.
        work="done" or "going on": the call takes effect although the caller sees the error; `times` is then 1
        by default.
        """
        error: dict[str, Any] = {"code": code, "message": f"{name}, on purpose", "status": status}
        if code in _REASONS:
            error |= {"code": "TransactionCanceledException", "more": {"CancellationReasons": [{"Code": code}]}}
        times = 1 if times is None and work != "undone" else times
        return self._set(name, when, {"effect": "error", "error": error, "work": work, "times": times})

    def crash(self, name: str, when: str, *, work: str = "undone") -> Fault:
        """Kill the first function that makes a matching call; `work` says whether the call takes effect."""
        return self._set(name, when, {"effect": "crash", "work": work})

    def hold(self, name: str, when: str, *, times: int = 1) -> Fault:
        """Hold the first `times` matching calls until the fault is removed; they are executed then."""
        return self._set(name, when, {"effect": "hold", "times": times})

    def slow(self, name: str, when: str, seconds: float) -> Fault:
        """Delay each matching call by so many seconds."""
        return self._set(name, when, {"effect": "slow", "seconds": seconds, "times": None})

    def cut(self, name: str, when: str, *, work: str = "undone") -> Fault:
        """Cut the first PostgreSQL connection whose sent data matches `when`, as `{function} postgresql {bytes}`.

        `work` says whether the statement sent takes effect; its response never arrives.
        """
        return self._set(name, when, {"effect": "cut", "work": work})

    def clear(self) -> None:
        """Remove all faults."""
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
