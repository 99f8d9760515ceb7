"""The terminal's lines: wrapped at its width, where a wide character takes two columns."""

from __future__ import annotations

from unicodedata import east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.reporting.terminal import wrap


@pytest.mark.parametrize(
    ("text", "wrapped"),
    [
        ("AUR-03  all 100 users equal", "AUR-03  all 100\n    users equal"),
        ("合格した項目は六十五件。（全件）", "合格した項目は六\n    十五件。（全\n    件）"),
        ("please arn:aws:states:ap-northeast-1 now", "please\n    arn:aws:states:ap-northeast-1\n    now"),
        ("short", "short"),
    ],
)
def test_a_line_goes_on_below_with_an_indent(text: str, wrapped: str):
    assert wrap(text, 17, 4) == wrapped


@given(
    text=st.text("a 語", min_size=1).filter(lambda text: "aaaaaa" not in text),
    width=st.integers(10, 30),
    at=st.integers(0, 4),
)
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(text: str, width: int, at: int):
    told = wrap(text, width, 4, at)
    assert told.replace("\n", "").replace(" ", "") == text.replace(" ", "")
    assert max(sum(map(columns, line)) for line in (" " * at + told.rstrip()).split("\n")) <= width


def columns(character: str) -> int:
    return 2 if east_asian_width(character) in "WF" else 1
