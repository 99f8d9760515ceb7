"""A piece of evidence that a step hands to whoever reads the report."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

Kind = Literal["csv", "json", "link", "svg", "text"]


class Attachment(NamedTuple):
    """What it shows, in which form, and itself; a link's content is its address."""

    name: str
    kind: Kind
    content: str


def table(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Attachment:
    """Rows under their columns, as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return Attachment(name, "csv", text.getvalue())


def document(name: str, value: Any) -> Attachment:
    """Whatever JSON can hold, and moments and decimals as text."""
    return Attachment(name, "json", json.dumps(value, ensure_ascii=False, indent=1, default=str))
