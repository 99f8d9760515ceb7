"""The sheet as one self-contained HTML file in both languages, without scripts and external requests."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from steps.reporting.sheet.content import Sheet, scenario
from steps.reporting.texts import TEXTS, duration, minutes, tell_waiver
from steps.verdict.japanese import translate
from steps.verdict.words import fill

_HERE = Path(__file__).parent
_LONG = 140  # characters: about four lines of text in a table cell


def html(sheet: Sheet) -> str:
    """Return the page; everything from the verdict is escaped."""
    return (
        _templates()
        .get_template("sheet.html.jinja")
        .render(
            sheet=sheet,
            verdict=sheet.verdict,
            css=(_HERE / "sheet.css").read_text("utf-8"),
            long=_LONG,
            L=TEXTS.sheet,
            STATUS=TEXTS.status,
            duration=duration,
            minutes=minutes,
            fill=fill,
            tell_waiver=tell_waiver,
        )
    )


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"scenario": scenario, "translate": translate, "code": code, "json": _json}
    return templates


def code(text: str) -> Markup:
    """Escape the text, and mark up parts between backticks as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
