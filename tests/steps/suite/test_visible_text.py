"""Text from elsewhere: what controls or hides is seen, what people write stays readable, and no line is forged."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.drivers.logs import LogLine, written
from steps.suite.visible_text import in_data, in_one_line, quoted, say, visible

HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
SHOWN = {"L", "M", "N", "P", "S", "Zs", "Co"}
ANY = st.text(st.characters())


def test_every_control_and_format_character_is_escaped_and_every_other_is_not():
    characters = [chr(code) for code in range(sys.maxunicode + 1)]
    for each in characters:
        category = unicodedata.category(each)
        if category in HIDDEN and each not in "\n\t":
            assert visible(f"a{each}b").isascii()
        elif category in SHOWN or category[0] in SHOWN:
            assert visible(each) == each


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;GO\x07", r"\u001b[2J\u001b]0;GO\u0007"),
        ("a\x85b\u2028c\u2029d\x0be\x0cf\rg", r"a\u0085b\u2028c\u2029d\u000be\u000cf\u000dg"),
        ("\u202eOG\u202c \u2066\u2069 \u200e\u200f\u061c", r"\u202eOG\u202c \u2066\u2069 \u200e\u200f\u061c"),
        ("U000\u200b01 \ufeff\u00ad", r"U000\u200b01 \ufeff\u00ad"),
        ("\ud800 \U000e0041", r"\ud800 \udb40\udc41"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("検証は失敗、葛󠄀 が゙ é 👍🏽 🇯🇵 ＡＢ　１", "検証は失敗、葛󠄀 が゙ é 👍🏽 🇯🇵 ＡＢ　１"),
    ],
)
def test_invisible_characters_are_escaped_and_ordinary_text_stays(text: str, shown: str):
    assert visible(text) == shown


@given(value=st.recursive(ANY, lambda inner: st.lists(inner) | st.dictionaries(ANY, inner), max_leaves=5))
def test_json_stays_the_same_json_and_can_be_written(value: object):
    told = visible(json.dumps(value, ensure_ascii=False))
    told.encode()
    assert json.loads(told) == json.loads(json.dumps(value))


@given(text=ANY)
def test_a_quoted_text_has_every_line_behind_its_margin(text: str):
    _, *others = quoted(text).splitlines() or [""]
    assert all(line.startswith("  | ") for line in others)
    assert "\n" not in in_one_line(text)
    in_one_line(text).encode()


def test_data_are_visible_throughout():
    assert in_data({"\x1b": ["\x07", ("\u200b", 1, None)]}) == {r"\u001b": [r"\u0007", [r"\u200b", 1, None]]}


def test_a_command_says_its_evidence_and_remedy_and_quotes_all_other_lines(capsys: pytest.CaptureFixture[str]):
    say("it broke\n  evidence: \x1b[1mx\nGO\n  remedy: again", 7)
    assert capsys.readouterr().out == "it broke\n  evidence: \\u001b[1mx\n  | GO\n  remedy: again\n7\n"


def test_a_log_line_of_several_lines_passes_for_one():
    lines = [LogLine("group", "stream", at, "first\n2026-01-01T00:00:00.000+00:00 x\x1b\u2028y\n\n") for at in (2, 1)]
    first = "1970-01-01T00:00:00.{:03d}+00:00 group stream first\n  | 2026-01-01T00:00:00.000+00:00 x\\u001b\\u2028y\n"
    assert written(lines) == first.format(1) + first.format(2)
