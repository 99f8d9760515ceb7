"""Reports a nightly run: opens, updates or closes one GitHub issue, and posts to a Slack webhook if configured."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from commands.notify import texts
from commands.notify.http import Issues, NotTold, post_to_slack
from commands.notify.night import Night, Unreadable, read
from steps.suite.visible_text import say
from steps.verdict import checklist

__all__ = ["NotTold", "Unreadable", "notify"]
_NEEDED = ("GITHUB_TOKEN", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")


def notify(folders: Sequence[Path], variables: Mapping[str, str], *, rehearse: bool = False) -> int:
    """Report the night held in these folders of reports. Return 0 if every notification has succeeded.

    Issue and webhook are tried independently. `rehearse`: print the report and notify nobody.
    Raises NotTold if a variable of the workflow is missing, Unreadable if the night cannot be read.
    """
    run, link = _run(variables)
    night = read(folders, variables.get("NIGHT_JOBS", ""), link=variables.get("REPORT_URL") or link, mark=run)
    said = texts.write_report(night, {**checklist.read(), **checklist.read_requirements()})
    say(*said.split("\n"))
    if summary := variables.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as page:
            page.write(said + "\n")
    if rehearse:
        return 0
    if missing := [name for name in _NEEDED if not variables.get(name, "").strip()]:
        raise NotTold(
            f"Nobody can be told: {', '.join(missing)} not set.\n  remedy: run it in the workflow, or say --rehearse"
        )
    api = variables.get("GITHUB_API_URL") or "https://api.github.com"
    issues = Issues(api, variables["GITHUB_REPOSITORY"].strip(), variables["GITHUB_TOKEN"].strip())
    new, failed = True, 0
    try:
        done, new = settle_issue(issues, night, said)
        say(done, file=sys.stderr)
    except NotTold as error:
        failed += 1
        say(error, file=sys.stderr)
    webhook = variables.get("SLACK_WEBHOOK_URL", "").strip()
    if webhook and new:
        try:
            post_to_slack(webhook, texts.write_slack(night))
        except NotTold as error:
            failed += 1
            say(error, file=sys.stderr)
    return int(failed > 0)


def settle_issue(issues: Issues, night: Night, said: str) -> tuple[str, bool]:
    """Open, update or close the issue. Return what was done and True if Slack should be notified. Raises NotTold."""
    mark = f"<!-- {night.mark} -->"
    issue, body = issues.current(), f"{said}\n\n{mark}"
    if night.well:
        if issue is None:
            return "nothing to close", night.remarkable
        issues.comment(issue, texts.write_recovered(night))
        issues.change(issue, state="closed", state_reason="completed")
        return f"closed {issue.url}", True
    if issue is None:
        return f"opened {issues.open(texts.write_title(night), body).url}", True
    if mark in issue.body:
        return f"told before, in {issue.url}", False
    issues.comment(issue, texts.write_again(night))
    issues.change(issue, title=texts.write_title(night), body=body)
    return f"updated {issue.url}", True


def _run(variables: Mapping[str, str]) -> tuple[str, str]:
    """(id, URL) of this workflow run; the URL is empty outside a workflow."""
    run, attempt = variables.get("GITHUB_RUN_ID", ""), variables.get("GITHUB_RUN_ATTEMPT", "1")
    server, repository = (
        variables.get("GITHUB_SERVER_URL", "https://github.com"),
        variables.get("GITHUB_REPOSITORY", ""),
    )
    return f"run {run}, attempt {attempt}", f"{server}/{repository}/actions/runs/{run}" if run and repository else ""
