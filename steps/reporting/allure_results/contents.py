"""The texts of Allure's files: labels and description of a result; categories, environment, executor of a session."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from steps.diagnoses.ids import Diagnosis
from steps.reporting.texts import TEXTS, tell_evidence
from steps.suite.visible_text import in_one_line, visible
from steps.verdict.checklist import Item
from steps.verdict.model import Mode, RankedDiagnosis, Verdict
from steps.verdict.verdict import BROKEN, FAILED
from steps.verdict.words import LANGUAGES, Language, Words, fill


def categorise(language: Language) -> list[dict[str, Any]]:
    """Return Allure's categories in this language; a result is in the first that its status and labels match."""
    of_status = {"environment_broken": "broken", "product_defect": "failed", "not_checked": "skipped"}
    of_check = {"statuses": ["broken"], "labels": {"diagnosis": f"^{Diagnosis.CHECK_BROKEN}$"}}
    matchers = {"test_defect": of_check, **{name: {"statuses": [status]} for name, status in of_status.items()}}
    return [{"name": getattr(TEXTS.allure[name], language), "matchers": each} for name, each in matchers.items()]


_SEVERITIES = {"precondition": "critical", "run": "blocker", "success": "blocker", "schedule": "minor"}
"""Allure severities by phase, of failures that prevent all other checks or are decisive; other phases are normal."""
GROUPS = {language: [getattr(TEXTS.allure[name], language) for name in ("phase", "line")] for language in LANGUAGES}
"""The labels by which the report in each language is grouped: phase of the checklist, then line."""


def make_labels(
    items: Sequence[Item], facts: Mapping[str, Any], mode: Mode, diagnoses: Iterable[str] = ()
) -> Iterator[tuple[str, Words]]:
    """Yield (name, value) of each label. Allure's timeline has a lane for each `thread`: here the phase."""
    phases = list(dict.fromkeys(item.phase for item in items))
    numbered = [_say("{} {}", *_number(phase)) for phase in phases or ["beside"]]
    yield from (("phase", each) for each in numbered)
    yield from (("line", _say("{} {}", item.id, Words(item.ja, item.en))) for item in items)
    yield from (("thread", each) for each in numbered[:1])
    told = [("host", facts["target"]), *((name, facts[name]) for name in ("target", "account", "region"))]
    told += [(name, item.id) for name in ("checklist", "tag") for item in items]
    told += [("diagnosis", each) for each in dict.fromkeys(diagnoses)]
    severity = next((_SEVERITIES[phase] for phase in phases if phase in _SEVERITIES), "normal")
    told += [("severity", severity)]
    yield "mode", TEXTS.mode[mode]
    yield from ((name, _say("{}", str(value))) for name, value in told if value)


def _number(phase: str) -> tuple[str, Words]:
    """The phase's place in the checklist, from 1, and its title; the last place for what is beside the checklist."""
    titles = {**TEXTS.phase, "beside": TEXTS.allure["beside"]}
    return str([*titles].index(phase) + 1), titles[phase]


def describe(items: Iterable[Item], status: str, scenarios: Mapping[str, int], verdict: Verdict | None = None) -> Words:
    """Return Markdown: the scenario's lines, with how many `scenarios` each has; causes and remedies of a failure.

    verdict: once it is known, its diagnoses of these lines.
    """
    told = [*_paragraphs([*items], status, scenarios, verdict)]
    return Words("\n\n".join(each.ja for each in told), "\n\n".join(each.en for each in told))


def _paragraphs(
    items: Sequence[Item], status: str, scenarios: Mapping[str, int], verdict: Verdict | None
) -> Iterator[Words]:
    text, is_bad = TEXTS.allure, status in (FAILED, BROKEN)
    if verdict and is_bad:
        for diagnosis in verdict.diagnoses:
            if {*diagnosis.items} & {item.id for item in items}:
                yield from _explain(diagnosis, verdict)
    for item in items:
        yield _say("### {} {}", item.id, Words(item.ja, item.en).change(_prose))
        if scenarios[item.id] > 1:
            yield fill(text["several_scenarios"], count=scenarios[item.id])
        if is_bad:
            words = {"usual_cause": item.cause, "risk": item.risk, "usual_remedy": item.remedy}
            yield from (_say("- **{}**: {}", text[name], each.change(_prose)) for name, each in words.items())
    if not items:
        yield text["no_line"]


def _explain(diagnosis: RankedDiagnosis, verdict: Verdict) -> Iterator[Words]:
    text = TEXTS.allure
    yield _say("### {}: {}", text["diagnosis"], diagnosis.id)
    yield _say("**{}**", diagnosis.cause.change(_prose))
    if evidence := tell_evidence(diagnosis, verdict)[:5]:
        yield _say("**{}**", text["evidence"])
        yield from (each.change(_literal) for each in evidence)
    yield _say("**{}**: {}", text["remedy"], diagnosis.remedy.change(_prose))


def _say(template: str, *values: str | Words) -> Words:
    """Return the template filled in, in each language."""
    ja, en = (
        template.format(*(getattr(each, language) if isinstance(each, Words) else each for each in values))
        for language in LANGUAGES
    )
    return Words(ja, en)


def _prose(text: str) -> str:
    """Escape Markdown in the text, except for `code`."""
    parts = text.split("`")
    return "`".join(re.sub(r"([*_<\[\\])", r"\\\1", part) if n % 2 == 0 else part for n, part in enumerate(parts))


def _literal(text: str) -> str:
    """Return the first line of the text as an item of a list, quoted as Markdown code, which is shown unchanged."""
    line = visible(text).split("\n")[0]
    return f"- `{line.replace('`', '´')}`"


def describe_session(verdict: Verdict) -> Words:
    """environment.properties: target, account and region come first, since a report shows only the first rows."""
    lines = [item.scenarios for item in verdict.items.values() if item.scenarios]
    scenarios = {each.id for of_line in lines for each in of_line}
    counted = TEXTS.allure["more_than_lines" if len(scenarios) > len(lines) else "scenarios"]
    rows = {
        "target": verdict.target,
        "account": verdict.account,
        "region": verdict.region,
        "verdict": verdict.verdict,
        "scenarios": fill(counted, scenarios=len(scenarios), lines=len(lines)),
        "execution": verdict.run.execution_arn,
        "upload": verdict.run.key,
        "suite": f"{verdict.suite.version} {verdict.suite.commit or ''}".strip(),
        "pipeline": verdict.system_under_test.sha256 if verdict.system_under_test else None,
        "started": verdict.started,
    }
    told = [_say("{} = {}\n", TEXTS.session[name], _property(value)) for name, value in rows.items()]
    return Words("".join(each.ja for each in told), "".join(each.en for each in told))


def _property(value: str | Words | None) -> str | Words:
    """Return the value in one line, with backslashes doubled, since readers of .properties files resolve escapes."""
    if isinstance(value, Words):
        return value
    return "-" if value is None else in_one_line(value).replace("\\", r"\\")


def describe_executor(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the content of executor.json: the run of the GitHub workflow, or else the local user."""
    if variables.get("GITHUB_ACTIONS") != "true":
        return {"name": variables.get("USER", "local"), "type": "local"}
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
