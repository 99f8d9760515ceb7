"""The parts of the Allure report that concern the whole session: categories, environment, executor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steps.reporting.allure_results.words import both
from steps.suite.visible_text import in_one_line
from steps.verdict.model import Verdict

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
