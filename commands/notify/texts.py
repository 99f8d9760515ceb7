"""The notification's texts about a nightly run, in Japanese and English, as pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from commands.notify.night import Night, Result
from steps.reporting.sheet.markdown import escaped, prose
from steps.suite.visible_text import in_one_line
from steps.verdict.checklist import Item

_LINES = 20
_DIAGNOSES = 3
LANGUAGES = ("ja", "en")
_TITLE = {"ja": "夜間の受け入れ", "en": "Nightly acceptance"}
_STATUS = {
    "ja": {"failed": "不合格", "broken": "環境またはテストの故障", "not-checked": "未確認"},
    "en": {"failed": "failed", "broken": "broken", "not-checked": "not checked"},
}
_SAYS = {
    "ja": {
        "none": "判定は書かれませんでした。ジョブのログを見てください。",
        "partial": "セッションは最後まで実行されませんでした。",
        "passed": "{passed} / {scope} 項目が合格",
        "more": "ほか {count} 項目",
        "cause": "原因と対処",
        "remedy": "対処",
        "job": "ジョブ `{name}` は {result} で終わりました。",
        "slow": "実行時間が通常の2倍を超えました（{name}: 直近10回の中央値は {usual:.1f} 秒）。",
        "flaky": "再実行でのみ合格した項目があります: {items}",
        "link": "実行の記録とレポート",
        "again": "今夜も {word} でした",
        "recovered": "復旧しました。今夜の受け入れは GO です",
    },
    "en": {
        "none": "No verdict was written. Look at the job's log.",
        "partial": "The session did not come to its end.",
        "passed": "{passed} of {scope} lines passed",
        "more": "and {count} more",
        "cause": "Causes and remedies",
        "remedy": "Remedy",
        "job": "The job `{name}` ended with {result}.",
        "slow": "It took more than twice as long as usual ({name}: the median of the last ten is {usual:.1f} s).",
        "flaky": "Passed only when run again: {items}",
        "link": "The run and its report",
        "again": "{word} again tonight",
        "recovered": "Recovered: tonight's acceptance is GO",
    },
}


def title(night: Night) -> str:
    """The issue's title."""
    return f"{_TITLE['en']}: {night.word} ({_TITLE['ja']})"


def report(night: Night, checklist: Mapping[str, Item]) -> str:
    """The night in Markdown, in both languages; without evidence, since an issue has more readers than the report."""
    return "\n\n".join("\n".join(_report(night, checklist, language)) for language in LANGUAGES)


def again(night: Night) -> str:
    """The issue comment for a further night that is not GO."""
    return _short(night, "again")


def recovered(night: Night) -> str:
    """The issue comment for the first night that is GO again."""
    return _short(night, "recovered")


def slack(night: Night) -> str:
    """The night in a few lines of Slack markup."""
    heads = [f"*{_TITLE[language]}: {night.word}*" for language in LANGUAGES]
    ill = [f"{name}: {result}" for name, result in night.ill.items()]
    return "\n".join([" / ".join(heads), *map(_in_slack, [*_brief(night), *ill, night.link])])


def _brief(night: Night) -> Iterator[str]:
    for result in night.results:
        bad = ", ".join(_not_passed(result))
        yield f"{result.target}: {result.word}" + (f" ({bad})" if bad else "")
        for diagnosis in result.verdict.diagnoses[:_DIAGNOSES] if result.verdict else ():
            yield from (f"{diagnosis.id}: {getattr(diagnosis.cause, language)}" for language in LANGUAGES)
        yield from (text for language in LANGUAGES for text in _remarks(result, language))


def _in_slack(text: str) -> str:
    return in_one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _short(night: Night, key: str) -> str:
    said = [_SAYS[language][key].format(word=night.word) for language in LANGUAGES]
    bad = [f"{result.target}: {', '.join(_not_passed(result))}" for result in night.results if _not_passed(result)]
    return "\n".join([*said, *map(escaped, bad), night.link])


def _report(night: Night, checklist: Mapping[str, Item], language: str) -> Iterator[str]:
    says = _SAYS[language]
    yield f"## {_TITLE[language]}: {night.word}"
    for result in night.results:
        yield f"\n### {escaped(result.target)}: {result.word}"
        yield from _result(result, checklist, language)
    for name, ended in night.ill.items():
        yield "\n" + prose(says["job"].format(name=name, result=ended))
    if night.link:
        yield f"\n[{says['link']}]({night.link})"


def _result(result: Result, checklist: Mapping[str, Item], language: str) -> Iterator[str]:
    says, verdict = _SAYS[language], result.verdict
    if verdict is None:
        yield says["none"]
        return
    if not verdict.complete:
        yield says["partial"]
    bad = _not_passed(result)
    yield says["passed"].format(passed=len(verdict.scope) - len(bad), scope=len(verdict.scope))
    for id in bad[:_LINES]:
        status = _STATUS[language][verdict.items[id].status]
        yield f"- **{escaped(id)}** {getattr(checklist[id], language) if id in checklist else ''} ({status})"
    if len(bad) > _LINES:
        yield f"- {says['more'].format(count=len(bad) - _LINES)}"
    if verdict.diagnoses:
        yield f"\n{says['cause']}"
    for number, diagnosis in enumerate(verdict.diagnoses[:_DIAGNOSES], 1):
        yield f"{number}. {_code(diagnosis.id)} {prose(getattr(diagnosis.cause, language))}"
        yield f"   {says['remedy']}: {prose(getattr(diagnosis.remedy, language))}"
    for remark in _remarks(result, language):
        yield f"\n{escaped(remark)}"


def _code(text: str) -> str:
    return f"`{in_one_line(text).replace('`', '´')}`"


def _remarks(result: Result, language: str) -> Iterator[str]:
    if result.entry is None:
        return
    for name, usual in result.entry.slow.items():
        yield _SAYS[language]["slow"].format(name=name.removesuffix("_seconds"), usual=usual)
    if result.entry.flaky:
        yield _SAYS[language]["flaky"].format(items=", ".join(result.entry.flaky))


def _not_passed(result: Result) -> list[str]:
    """The lines in scope that have neither passed nor failed with a waiver."""
    if result.verdict is None:
        return []
    items = result.verdict.items
    return [id for id in result.verdict.scope if items[id].status != "passed" and not items[id].waived]
