"""Waiting ends with an answer, or with what was waited for and what was seen."""

from __future__ import annotations

import pytest

from steps.drivers.waiting import NotSeen, eventually


def test_the_first_answer_is_taken():
    answers = iter([None, None, 0, 1])
    assert eventually(lambda: next(answers), what="a number", within=5, every=0.001) == 0


def test_what_was_not_seen_says_so():
    with pytest.raises(NotSeen, match=r"waited 0\.01 s for the moon\n  last saw: a cloud"):
        eventually(lambda: None, what="the moon", within=0.01, every=0.001, seen=lambda: "a cloud")


def test_an_error_while_asking_is_not_waited_out():
    with pytest.raises(ZeroDivisionError):
        eventually(lambda: 1 // 0, what="a number", within=5)
