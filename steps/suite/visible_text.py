"""Text from elsewhere as people may read it: nothing in it moves the cursor, hides, reorders or begins a line."""

from __future__ import annotations

import re
import sys
from typing import Any, TextIO

_HIDDEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
"""Controls but tab and line feed, format characters, other line ends, lone surrogates, what is no character."""
MARGIN = "  | "
"""Begins each line of what is quoted."""


def visible(text: str) -> str:
    """`text` with each hidden character as JSON escapes it, such as \\u001b; text in JSON stays the same JSON.

    Letters stay with whatever combines with them. A zero-width joiner is escaped although it makes one emoji of
    several: between letters it makes two ids look the same.
    """
    return _HIDDEN.sub(_escaped, text.replace("\r\n", "\n"))


def quoted(text: str, margin: str = MARGIN) -> str:
    """`text`, visible; each line but the first begins with the margin, and so passes for nobody else's."""
    return visible(text).replace("\n", f"\n{margin}")


def in_one_line(text: str) -> str:
    """`text`, visible, its line feeds too."""
    return visible(text).replace("\n", r"\n")


def in_data(value: Any) -> Any:
    """`value` with every text visible within dicts, lists and tuples."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {in_data(name): in_data(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [in_data(each) for each in value]
    return value


def say(*texts: object, file: TextIO | None = None) -> None:
    """Prints each text; a line in it that is not indented, as evidence and remedy are, is quoted."""
    for text in texts:
        print(re.sub(r"\n(?!  )", f"\n{MARGIN}", visible(str(text))), file=file or sys.stdout, flush=True)


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
