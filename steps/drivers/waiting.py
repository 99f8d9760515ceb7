"""The one place of the suite that waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_exponential

T = TypeVar("T")
_FIRST_SECONDS = 0.1


class NotSeen(AssertionError):
    """What was waited for did not come in time; says what that was and what was seen last."""


def eventually(
    ask: Callable[[], T | None],
    *,
    what: str,
    within: float,
    every: float = 0.1,
    seen: Callable[[], str] = lambda: "nothing",
) -> T:
    """The first answer of `ask` that is not None; NotSeen after `within` seconds.

    It is tried every `every` seconds, and oftener at first: what is over soon would be over before the second look.
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
