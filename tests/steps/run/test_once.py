"""A property that is worked out once, whatever it comes to."""

from __future__ import annotations

import pytest

from steps.run.delivery import once


class Asked:
    def __init__(self) -> None:
        self.times: dict[str, int] = {}

    def _count(self, name: str) -> int:
        self.times[name] = self.times.get(name, 0) + 1
        return self.times[name]

    @once
    def answer(self) -> int:
        return self._count("answer")

    @once
    def nothing(self) -> None:
        self._count("nothing")

    @once
    def error(self) -> None:
        raise LookupError(self._count("error"))

    @once
    def skip(self) -> None:
        pytest.skip(str(self._count("skip")))


def test_an_answer_is_kept_even_if_it_is_nothing():
    asked = Asked()
    assert [asked.answer, asked.answer, asked.nothing, asked.nothing] == [1, 1, None, None]
    assert asked.times == {"answer": 1, "nothing": 1}


@pytest.mark.parametrize(("name", "error"), [("error", LookupError), ("skip", pytest.skip.Exception)])
def test_an_error_is_kept_too(name, error):
    asked = Asked()
    for _ in range(2):
        with pytest.raises(error, match="1"):
            getattr(asked, name)
    assert asked.times == {name: 1}


def test_each_owner_has_its_own():
    one, other = Asked(), Asked()
    assert one.answer == other.answer == 1
    assert other.times == {"answer": 1}
