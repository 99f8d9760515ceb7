"""The notification's texts about a nightly run, in Japanese and English, as pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from commands.notify.night import Night, Result
from steps.reporting.sheet.markdown import escape, escape_prose
from steps.reporting.texts import TEXTS
from steps.suite.visible_text import in_one_line
from steps.verdict.checklist import Item, Requirement
from steps.verdict.words import LANGUAGES

_LINES = 20
_DIAGNOSES = 3
_SAYS = TEXTS.night


def write_title(night: Night) -> str:
    """The issue's title."""
    return f"{_SAYS['title'].en}: {night.word} ({_SAYS['title'].ja})"


def write_report(night: Night, checklist: Mapping[str, Item | Requirement]) -> str:
    """The night in Markdown, in both languages; without evidence, since an issue has more readers than the report."""
    return "\n\n".join("\n".join(_report(night, checklist, language)) for language in LANGUAGES)


def write_again(night: Night) -> str:
    """The issue comment for a further night that is not GO."""
    return _short(night, "again")


def write_recovered(night: Night) -> str:
    """The issue comment for the first night that is GO again."""
    return _short(night, "recovered")


def write_slack(night: Night) -> str:
    """The night in a few lines of Slack markup."""
    heads = [f"*{_in(language, 'title')}: {night.word}*" for language in LANGUAGES]
    ill = [f"{name}: {result}" for name, result in night.ill.items()]
    return "\n".join([" / ".join(heads), *map(_in_slack, [*_brief(night), *ill, night.link])])


def _brief(night: Night) -> Iterator[str]:
    for result in night.results:
        bad = ", ".join(_not_passed(result))
        yield f"{result.target}: {result.word}" + (f" ({bad})" if bad else "")
        for diagnosis in result.verdict.roots[:_DIAGNOSES] if result.verdict else ():
            yield from (f"{diagnosis.id}: {getattr(diagnosis.cause, language)}" for language in LANGUAGES)
        yield from (text for language in LANGUAGES for text in _remarks(result, language))


def _in_slack(text: str) -> str:
    return in_one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _short(night: Night, key: str) -> str:
    said = [_in(language, key, word=night.word) for language in LANGUAGES]
    bad = [f"{result.target}: {', '.join(_not_passed(result))}" for result in night.results if _not_passed(result)]
    return "\n".join([*said, *map(escape, bad), night.link])


def _report(night: Night, checklist: Mapping[str, Item | Requirement], language: str) -> Iterator[str]:
    yield f"## {_in(language, 'title')}: {night.word}"
    for result in night.results:
        yield f"\n### {escape(result.target)}: {result.word}"
        yield from _result(result, checklist, language)
    for name, ended in night.ill.items():
        yield "\n" + escape_prose(_in(language, "job", name=name, result=ended))
    if night.link:
        yield f"\n[{_in(language, 'link')}]({night.link})"


def _result(result: Result, checklist: Mapping[str, Item | Requirement], language: str) -> Iterator[str]:
    verdict = result.verdict
    if verdict is None:
        yield _in(language, "none")
        return
    if not verdict.complete:
        yield _in(language, "partial")
    bad = _not_passed(result)
    yield _in(language, "passed", passed=len(verdict.judged) - len(bad), scope=len(verdict.judged))
    for id in bad[:_LINES]:
        status = getattr(TEXTS.status[verdict.judged[id].status].word, language)
        yield f"- **{escape(id)}** {getattr(checklist[id], language) if id in checklist else ''} ({status})"
    if len(bad) > _LINES:
        yield f"- {_in(language, 'more', count=len(bad) - _LINES)}"
    if verdict.roots:
        yield f"\n{_in(language, 'cause')}"
    for number, diagnosis in enumerate(verdict.roots[:_DIAGNOSES], 1):
        yield f"{number}. {_code(diagnosis.id)} {escape_prose(getattr(diagnosis.cause, language))}"
        yield f"   {_in(language, 'remedy')}: {escape_prose(getattr(diagnosis.remedy, language))}"
    for remark in _remarks(result, language):
        yield f"\n{escape(remark)}"


def _in(language: str, name: str, /, **parameters: Any) -> str:
    """Return this text of the night's in one language."""
    return str(getattr(_SAYS[name], language)).format(**parameters)


def _code(text: str) -> str:
    return f"`{in_one_line(text).replace('`', '´')}`"


def _remarks(result: Result, language: str) -> Iterator[str]:
    if result.entry is None:
        return
    for name, usual in result.entry.slow.items():
        yield _in(language, "slow", name=name.removesuffix("_seconds"), usual=usual)
    if result.entry.flaky:
        yield _in(language, "flaky", items=", ".join(result.entry.flaky))


def _not_passed(result: Result) -> list[str]:
    """The lines in scope, and the requirements beyond them, that have neither passed nor failed with a waiver."""
    if result.verdict is None:
        return []
    judged = sorted(result.verdict.judged.items())
    return [id for id, item in judged if item.status != "passed" and not item.waived]
