"""What is worked out at most once, whatever it comes to."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import pytest

Owner = TypeVar("Owner")
T = TypeVar("T")


class once(Generic[Owner, T]):  # noqa: N801
    """A property that keeps its answer, and its error or skip as well: nobody waits twice for what never came."""

    def __init__(self, ask: Callable[[Owner], T]) -> None:
        self._ask, self.__doc__ = ask, ask.__doc__

    def __set_name__(self, owner: type[Owner], name: str) -> None:
        self._name = name

    def __get__(self, instance: Owner, owner: type[Owner]) -> T:
        kept: dict[str, Future[Any]] = vars(instance).setdefault("_kept", {})
        if self._name not in kept:
            answer = Future[T]()
            try:
                answer.set_result(self._ask(instance))
            except (Exception, pytest.skip.Exception) as error:
                answer.set_exception(error)
            kept[self._name] = answer
        result: T = kept[self._name].result()
        return result
