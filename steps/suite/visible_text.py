"""Makes untrusted text safe to show: no character moves the cursor, hides or reorders text, or begins a line."""

from __future__ import annotations

import re
import sys
from typing import Any, TextIO

_HIDDEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
"""Controls except tab and line feed, format characters, other line ends, lone surrogates, noncharacters."""
MARGIN = "  | "
"""Prefix of each line of quoted text."""


def visible(text: str) -> str:
    """Return `text` with hidden characters escaped as in JSON, such as \\u001b; JSON keeps its meaning.

    Combining characters are kept. A zero-width joiner is escaped although it joins several emoji into one: between
    letters it makes two ids look the same.
    """
    return _HIDDEN.sub(_escaped, text.replace("\r\n", "\n"))


def quoted(text: str, margin: str = MARGIN) -> str:
    """Return `text`, visible, with the margin before each line but the first: no line can pass as the suite's own."""
    return visible(text).replace("\n", f"\n{margin}")


def in_one_line(text: str) -> str:
    """Return `text`, visible, with line feeds escaped too."""
    return visible(text).replace("\n", r"\n")


def in_data(value: Any) -> Any:
    """Return `value` with every text in its dicts, lists and tuples made visible."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {in_data(name): in_data(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [in_data(each) for each in value]
    return value


def say(*texts: object, file: TextIO | None = None) -> None:
    """Print each text; quote its further lines unless they are indented, as evidence and remedy are."""
    for text in texts:
        print(re.sub(r"\n(?!  )", f"\n{MARGIN}", visible(str(text))), file=file or sys.stdout, flush=True)


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
