"""Polling with a timeout; all waits of the suite go through here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_exponential

T = TypeVar("T")
_FIRST_SECONDS = 0.1


class NotSeen(AssertionError):
    """A wait timed out; the message says what was expected and what was seen last."""


def eventually(
    ask: Callable[[], T | None],
    *,
    what: str,
    within: float,
    every: float = 0.1,
    seen: Callable[[], str] = lambda: "nothing",
) -> T:
    """Poll `ask` and return its first result that is not None. Raises NotSeen after `within` seconds.

    Polls every `every` seconds, and more often at first, so that short-lived states are not missed.
    """
    attempts = Retrying(
        stop=stop_after_delay(within),
        wait=wait_exponential(_FIRST_SECONDS, max=every),
        retry=retry_if_result(lambda answer: answer is None),
    )
    try:
        return cast(T, attempts(ask))
    except RetryError:
        raise NotSeen(f"waited {within:g} s for {what}\n  last saw: {seen()}") from None
