"""The texts of Allure's files: labels and description of a result; categories, environment, executor of a session."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from steps.reporting.texts import TEXTS
from steps.suite.visible_text import in_one_line, visible
from steps.verdict.checklist import Item
from steps.verdict.model import RankedDiagnosis, Verdict
from steps.verdict.verdict import BROKEN, FAILED
from steps.verdict.words import LANGUAGES, Words


def both(name: str) -> str:
    """Return a text of Allure's in both languages."""
    words = TEXTS.allure[name]
    return f"{words.ja} {words.en}"


_ENVIRONMENTS = r"steps\.targets\.|Unreachable|LogsIncomplete|NotSeen|botocore\.|psycopg\.|LocalAws"
"""Errors of a broken environment, by their names or modules as pytest prints them."""
CATEGORIES = [
    {
        "name": both("environment_broken"),
        "matchedStatuses": ["broken"],
        "messageRegex": rf"[\s\S]*({_ENVIRONMENTS})[\s\S]*",
    },
    {"name": both("test_defect"), "matchedStatuses": ["broken"]},
    {"name": both("product_defect"), "matchedStatuses": ["failed"]},
    {"name": both("not_checked"), "matchedStatuses": ["skipped"]},
]
"""Allure puts a result into the first category that matches."""
_SEVERITIES = {"precondition": "critical", "run": "blocker", "success": "blocker", "schedule": "minor"}
"""Allure severities by phase, of failures that prevent all other checks or are decisive; other phases are normal."""
GROUPS = {
    language: tuple(getattr(TEXTS.allure[name], language) for name in ("phase", "line")) for language in LANGUAGES
}
"""The labels by which the report in each language is grouped: phase of the checklist, then line."""
Label = tuple[str, str]


def make_labels(items: Sequence[Item], facts: Mapping[str, Any], mode: str) -> Iterator[Label]:
    """Yield (name, value) of each label."""
    phases = list(dict.fromkeys(item.phase for item in items))
    for language, (phase_label, line_label) in GROUPS.items():
        for number, title in map(_numbered, phases or ["beside"]):
            yield phase_label, f"{number} {getattr(title, language)}"
        yield from ((line_label, f"{item.id} {getattr(item, language)}") for item in items)
    yield from (("checklist", item.id) for item in items)
    yield from (("tag", item.id) for item in items)
    yield from ((name, str(facts[name])) for name in ("target", "account", "region") if facts[name])
    yield "mode", mode
    yield "severity", next((_SEVERITIES[phase] for phase in phases if phase in _SEVERITIES), "normal")


def _numbered(phase: str) -> tuple[int, Words]:
    """The phase's place in the checklist, from 1, and its title; the last place for what is beside the checklist."""
    titles = {**TEXTS.phase, "beside": TEXTS.allure["beside"]}
    return [*titles].index(phase) + 1, titles[phase]


def describe(items: Iterable[Item], status: str, diagnoses: Iterable[RankedDiagnosis]) -> str:
    """Return Markdown: the diagnoses and the scenario's lines; for a failure also usual causes, risks, remedies."""
    return "\n\n".join(_paragraphs(items, status, diagnoses))


def _paragraphs(items: Iterable[Item], status: str, diagnoses: Iterable[RankedDiagnosis]) -> Iterator[str]:
    for diagnosis in diagnoses:
        cause, remedy = diagnosis.cause, diagnosis.remedy
        yield f"### {both('diagnosis')}: {diagnosis.id}"
        yield f"**{_prose(cause.ja)}**\n\n{_prose(cause.en)}"
        if evidence := [line for each in diagnosis.evidence for line in visible(each).split("\n")[:1]]:
            yield "\n".join([f"**{both('evidence')}**", "", *(f"- {_literal(line)}" for line in evidence[:5])])
        yield f"**{both('remedy')}**\n\n{_prose(remedy.ja)}\n\n{_prose(remedy.en)}"
    for item in items:
        yield f"### {item.id} {_prose(item.ja)}\n\n{_prose(item.en)}"
        if status in (FAILED, BROKEN):
            yield "\n".join(_when_no(item))


def _when_no(item: Item) -> Iterator[str]:
    """Yield the usual cause, risk and remedy of a NO of this line."""
    for title, words in (
        ("usual_cause", item.cause),
        ("risk", item.risk),
        ("usual_remedy", item.remedy),
    ):
        yield f"- **{both(title)}**: {_prose(words.ja)}  \n  {_prose(words.en)}"


def _prose(text: str) -> str:
    """Escape Markdown in the text, except for `code`."""
    parts = text.split("`")
    return "`".join(re.sub(r"([*_<\[\\])", r"\\\1", part) if n % 2 == 0 else part for n, part in enumerate(parts))


def _literal(text: str) -> str:
    """Quote the text as Markdown code, which is shown unchanged."""
    return f"`{text.replace('`', '´')}`"


def describe_session(verdict: Verdict) -> str:
    """environment.properties: target, account and region come first, since a report shows only the first rows."""
    rows = {
        "Target": verdict.target,
        "Account": verdict.account,
        "Region": verdict.region,
        "Verdict": verdict.verdict,
        "Execution": verdict.run.execution_arn,
        "Upload": verdict.run.key,
        "Suite": f"{verdict.suite.version} {verdict.suite.commit or ''}".strip(),
        "Pipeline": verdict.system_under_test.sha256 if verdict.system_under_test else None,
        "Started": verdict.started,
    }
    return "".join(f"{name} = {_property(value)}\n" for name, value in rows.items())


def _property(value: str | None) -> str:
    """Return the value in one line, with backslashes doubled, since readers of .properties files resolve escapes."""
    return "-" if value is None else in_one_line(value).replace("\\", r"\\")


def describe_executor(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the content of executor.json: the run of the GitHub workflow, or else the local user."""
    if variables.get("GITHUB_ACTIONS") != "true":
        return {"name": variables.get("USER", "local"), "type": "local", "buildName": "local run"}
    repository = f"{variables['GITHUB_SERVER_URL']}/{variables['GITHUB_REPOSITORY']}"
    number = variables["GITHUB_RUN_NUMBER"]
    return {
        "name": "GitHub Actions",
        "type": "github",
        "url": repository,
        "buildOrder": int(number),
        "buildName": f"{variables['GITHUB_WORKFLOW']} #{number}",
        "buildUrl": f"{repository}/actions/runs/{variables['GITHUB_RUN_ID']}",
    }
