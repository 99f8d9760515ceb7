"""The faults that are set, with the number of requests that each has matched and held."""

from __future__ import annotations

import threading

from local_aws.faults.rules import Fault, Slow


class Standing:
    """One fault that is set; its counters are thread-safe."""

    def __init__(self, name: str, fault: Fault) -> None:
        self.name = name
        self.fault = fault
        self.hits = 0
        self.held = 0
        self._lock = threading.Lock()
        self._removed = threading.Event()

    def meets(self, description: str) -> bool:
        """Counts a request and returns True if its description matches; False once `times` requests have."""
        if not self.fault.when.search(description):
            return False
        with self._lock:
            spent = self.fault.times is not None and self.hits >= self.fault.times
            self.hits += not spent
        return not spent

    def hold(self, seconds: float | None = None) -> None:
        """Blocks until the fault is removed, at most for `seconds`."""
        with self._lock:
            self.held += 1
        self._removed.wait(seconds)

    def release(self) -> None:
        """Releases all held requests."""
        self._removed.set()


class StandingFaults:
    """All faults that are set, by name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_name: dict[str, Standing] = {}

    def __bool__(self) -> bool:
        return bool(self._by_name)

    @property
    def cuts(self) -> bool:
        """True if any of them cuts connections to PostgreSQL."""
        return any(each.fault.effect == "cut" for each in self._standing())

    def met(self, description: str) -> Standing | None:
        """Returns the first fault that matches a request's description, and counts it there."""
        requests = (each for each in self._standing() if each.fault.effect != "cut")
        return next((each for each in requests if each.meets(description)), None)

    def cut(self, description: str) -> Standing | None:
        """Returns the first cut that matches the description of bytes sent to PostgreSQL, and counts it there."""
        cuts = (each for each in self._standing() if each.fault.effect == "cut")
        return next((each for each in cuts if each.meets(description)), None)

    def slow(self, description: str) -> Standing | None:
        """Returns the first delay that matches the description of a connection to PostgreSQL, and counts it there."""
        delays = (each for each in self._standing() if isinstance(each.fault.effect, Slow))
        return next((each for each in delays if each.meets(description)), None)

    def get(self, name: str) -> Standing | None:
        """Returns the fault of this name, or None."""
        return self._by_name.get(name)

    def put(self, name: str, fault: Fault) -> None:
        """Sets a fault; replaces and releases one of the same name."""
        with self._lock:
            replaced = self._by_name.get(name)
            self._by_name[name] = Standing(name, fault)
        if replaced is not None:
            replaced.release()

    def _standing(self) -> list[Standing]:
        with self._lock:
            return list(self._by_name.values())

    def remove(self, *names: str) -> None:
        """Removes the faults with these names, or all faults if no name is given, and releases their requests."""
        with self._lock:
            removed = [self._by_name.pop(name) for name in names or list(self._by_name) if name in self._by_name]
        for each in removed:
            each.release()
