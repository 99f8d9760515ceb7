"""Answers that are remembered until something is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Memory:
    """Answers that are remembered until something was written; what is asked beside a write is not kept."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def recall(self, key: Any, ask: Callable[[], T]) -> T:
        """What `ask` answers, or has answered for `key`."""
        known = self._known  # a write meanwhile leaves this one to us alone
        if key not in known:
            known[key] = ask()
        answer: T = known[key]
        return answer

    def forget(self) -> None:
        """Remembers nothing any more; to be called once the write is done."""
        self._known = {}
