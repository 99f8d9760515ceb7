"""A cache of answers that is emptied after every write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Memory:
    """Caches answers until the next write; an answer obtained during a write is not kept."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def recall(self, key: Any, ask: Callable[[], T]) -> T:
        """The cached answer for `key`; calls `ask` if there is none."""
        known = self._known  # forget() rebinds _known: stale answers stay in this dict
        if key not in known:
            known[key] = ask()
        answer: T = known[key]
        return answer

    def forget(self) -> None:
        """Empty the cache; call this after the write is done."""
        self._known = {}
