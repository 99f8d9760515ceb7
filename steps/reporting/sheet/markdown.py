"""The sheet as Markdown (GitHub's), once in Japanese and once in English."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from steps.reporting.sheet.content import Line, Sheet, scenario
from steps.reporting.texts import TEXTS, duration, minutes, tell_evidence, tell_waiver
from steps.suite.visible_text import visible
from steps.verdict.checklist import Item, Requirement
from steps.verdict.japanese import translate
from steps.verdict.verdict import PASSED
from steps.verdict.words import LANGUAGES, Words, fill


class Say(Protocol):
    """Returns the escaped words in one of the languages; `verbatim`: also what is between backticks."""

    def __call__(self, words: Words | Item | Requirement, *, verbatim: bool = False) -> str: ...


_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#$!]|(?<=\w):(?=//)|(?<=www)\.)", re.I)
"""Everything that is markup within a line; GitHub turns https:// and www. into links, too."""
_LEADING = re.compile(r"^(\d*)([-+.)])")
_LINE = r"<br>\| "


def markdown(sheet: Sheet) -> str:
    """Return the whole sheet; everything from the verdict is escaped."""
    return "\n\n".join("\n\n".join(_blocks(sheet, _saying(language))) for language in LANGUAGES) + "\n"


def escape(text: str) -> str:
    """Escape any text for one line of Markdown, as table cells need it; further lines are quoted after <br>."""
    lines = visible(text).split("\n")
    shown = [line for line in lines if line.strip()] or lines[:1]  # a space between two commands is a text, too
    return _LINE.join(_SPECIAL.sub(r"\\\1", line) for line in shown)


def _listed(text: str, say: Say) -> str:
    """Return `text` as a list item, escaped so that it does not start a nested list or code."""
    return "- " + _LEADING.sub(r"\1\\\2", say(translate(text.strip()), verbatim=True))


def _saying(language: str) -> Say:
    def say(words: Words | Item | Requirement, *, verbatim: bool = False) -> str:
        return (escape if verbatim else escape_prose)(getattr(words, language))

    return say


def escape_prose(text: str) -> str:
    """Escape `text` except for commands between backticks."""
    return "".join(_with_code(text))


def _with_code(text: str) -> Iterator[str]:
    for number, part in enumerate(re.split("`([^`\n]+)`", text)):
        yield "`" + part.replace("|", "\\|") + "`" if number % 2 else escape(part)


def _blocks(sheet: Sheet, say: Say) -> Iterator[str]:
    yield f"# {say(TEXTS.sheet['title'])}"
    yield f"**{sheet.verdict.verdict}** · {say(sheet.means)}"
    yield say(sheet.lead)
    if sheet.altered:
        yield f"**{say(sheet.altered)}**"
    if waived := "\n".join(_waivers(sheet, say)):
        yield waived
    sections = {
        "diagnoses": _diagnoses(sheet, say),
        "facts": _facts(sheet, say),
        "schedule": _schedule(sheet, say),
        "discrepancies": _discrepancies(sheet, say),
        "lines": _lines(sheet, say),
        "beyond": _beyond(sheet, say),
        "notes": [_listed(note, say) for note in sheet.verdict.notes],
        "signatures": _signatures(say),
    }
    for name, rows in sections.items():
        if text := "\n".join(rows):
            yield f"## {say(TEXTS.sheet[name])}"
            yield text


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _table(say: Say, names: Iterable[str], rows: Iterable[str]) -> list[str]:
    """Return the lines of a table; none if there are no rows."""
    heads = [say(TEXTS.sheet[name]) for name in names]
    found = list(rows)
    return [_row(*heads), _row(*("---" for _ in heads)), *found] if found else []


def _mark(line: Line, say: Say) -> str:
    mark = TEXTS.status[line.mark]
    return f"{mark.sign} {say(mark.name)}"


def _badge(line: Line, say: Say) -> str:
    return f" ({say(TEXTS.sheet['by_reading'])})" if line.is_read else ""


def _diagnoses(sheet: Sheet, say: Say) -> Iterator[str]:
    for each in sheet.verdict.roots:
        sequels = sheet.verdict.find_sequels(each)
        own = ", ".join(id for id in each.items if id not in sequels)
        yield f"{each.rank}. **{say(each.cause)}** ({escape(each.id)})"
        yield f"   - {say(TEXTS.sheet['remedy'])}: {say(each.remedy)}"
        yield f"   - {say(TEXTS.sheet['explains'])}: {escape(own) or '–'}"
        if sequels:
            yield f"   - {say(fill(TEXTS.sheet['follow'], count=len(sequels)))}: {escape(', '.join(sequels))}"
        told = (say(words, verbatim=True) for words in tell_evidence(each, sheet.verdict))
        yield from (f"   - {say(TEXTS.sheet['evidence'])}: {text}" for text in told)


def _facts(sheet: Sheet, say: Say) -> Iterator[str]:
    for fact in sheet.facts:
        url = f" <{fact.url}>" if fact.url else ""
        yield f"- {say(fact.label)}: {say(fact.text)}{url}"


def _schedule(sheet: Sheet, say: Say) -> list[str]:
    rows = [
        _row(
            say(phase.line.item),
            say(minutes(*phase.planned)),
            "–" if phase.seconds is None else say(duration(phase.seconds)),
            _mark(phase.line, say),
        )
        for phase in sheet.phases
    ]
    total = _row(say(TEXTS.sheet["total"]), say(sheet.planned), say(sheet.actual), "")
    return _table(say, ("phase", "by_hand", "actual", "result"), [*rows, total])


def _waivers(sheet: Sheet, say: Say) -> list[str]:
    return [
        f"- {line.item.id}: {say(tell_waiver(waiver), verbatim=True)}"
        for line in sheet.waived
        if (waiver := line.found.waived)
    ]


def _discrepancies(sheet: Sheet, say: Say) -> list[str]:
    rows = (
        _row(
            "–" if each.record is None else str(each.record),
            escape(each.user),
            say(translate(each.fate)),
            escape(json.dumps(each.stores, ensure_ascii=False, default=str)),
        )
        for each in sheet.verdict.discrepancies
    )
    return _table(say, ("record", "user", "fate", "stores"), rows)


def _lines(sheet: Sheet, say: Say) -> Iterator[str]:
    for name, lines in sheet.groups:
        yield f"### {say(name)}\n"
        rows = (
            _row(
                _mark(line, say),
                f"{line.item.id} {say(line.item)}{_badge(line, say)}",
                say(line.wanted, verbatim=True),
                say(TEXTS.sheet["same"] if line.is_one_sentence and line.mark == PASSED else line.got, verbatim=True),
                _evidence(line, say),
            )
            for line in lines
        )
        yield from _table(say, ("result", "line", "wanted", "got", "evidence"), rows)
        yield ""


def _beyond(sheet: Sheet, say: Say) -> list[str]:
    rows = (
        _row(
            f"{TEXTS.status[each.found.mark].sign} {say(TEXTS.status[each.found.mark].name)}",
            f"{each.requirement.id} {say(each.requirement)}",
            "<br>".join(
                [
                    say(each.got, verbatim=True),
                    *(f"{say(TEXTS.sheet[name])}: {say(text)}" for name, text in each.details),
                ]
            ),
        )
        for each in sheet.beyond
    )
    return _table(say, ("result", "requirement", "got"), rows)


def _evidence(line: Line, say: Say) -> str:
    """Reason, scenarios, controls and, for a NO, cause and remedy."""
    found = line.found
    told: list[tuple[str, str]] = []
    if line.details:
        details = f"{say(TEXTS.sheet['same_as'])} {line.same_as}" if line.same_as else say(line.details, verbatim=True)
        told.append((line.kind_of_details, details))
    if line.bad:
        told += [("cause" if line.diagnosis else "usual_cause", say(line.cause)), ("remedy", say(line.remedy))]
    told += [("scenarios", say(scenario(each.id), verbatim=True)) for each in found.scenarios]
    told += [
        (
            "controls",
            f"{say(translate(each.id), verbatim=True)}: {say(TEXTS.sheet['found' if each.found else 'missed'])}",
        )
        for each in found.controls
    ]
    mode = [say(TEXTS.sheet["static"])] if line.is_read else []
    return "<br>".join([*mode, *(f"{say(TEXTS.sheet[name])}: {text}" for name, text in told)])


def _signatures(say: Say) -> list[str]:
    people = [say(TEXTS.sheet[name]) for name in ("tester", "reviewer", "approver")]
    rows = [_row(say(TEXTS.sheet[name]), "", "", "") for name in ("name", "date", "signature")]
    fields = {"release": "ticket", "decision": "decisions"}
    rows += [_row(say(TEXTS.sheet[name]), "", "", say(TEXTS.sheet[hint])) for name, hint in fields.items()]
    return [_row("", *people), _row(*["---"] * 4), *rows]
