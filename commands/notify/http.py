"""HTTP clients of the notification: GitHub issues through the REST API, and a Slack webhook."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

LABEL = "nightly-acceptance"
_SECONDS = 20
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NotTold(Exception):
    """A notification has failed; the message holds neither the token nor the webhook's address."""


@dataclass(frozen=True)
class Issue:
    """An open issue of the nightly run."""

    number: int
    body: str
    url: str


class Issues:
    """The issues of one repository. All methods raise NotTold if the request fails."""

    def __init__(self, api: str, repository: str, token: str) -> None:
        self._at = f"{api.rstrip('/')}/repos/{quote(repository)}/issues"
        self._headers = {"Authorization": f"Bearer {token}", "X-GitHub-Api-Version": "2022-11-28"}

    def current(self) -> Issue | None:
        """The oldest open issue with LABEL, which only users with write access to the repository can set."""
        found = self._ask("GET", f"?labels={LABEL}&state=open&sort=created&direction=asc")
        return next((_issue(each) for each in found if "pull_request" not in each), None)

    def open(self, title: str, body: str) -> Issue:
        return _issue(self._ask("POST", "", title=title, body=body, labels=[LABEL]))

    def comment(self, issue: Issue, body: str) -> None:
        self._ask("POST", f"/{issue.number}/comments", body=body)

    def change(self, issue: Issue, **fields: str) -> None:
        self._ask("PATCH", f"/{issue.number}", **fields)

    def _ask(self, method: str, path: str, **body: Any) -> Any:
        return _asked("GitHub's API", method, self._at + path, body, self._headers)


def post_to_slack(webhook: str, text: str) -> None:
    """Post the text. Raises NotTold."""
    _asked("The Slack webhook", "POST", webhook, {"text": text}, {})


def _issue(told: dict[str, Any]) -> Issue:
    return Issue(told["number"], told["body"] or "", told["html_url"])


def _asked(whom: str, method: str, url: str, body: dict[str, Any], headers: dict[str, str]) -> Any:
    """Send the request and return the response, decoded if it is JSON. NotTold omits the secret address and headers."""
    told = {"Accept": "application/vnd.github+json", "Content-Type": "application/json", **headers}
    try:
        request = urllib.request.Request(url, json.dumps(body).encode() if body else None, told, method=method)
        if request.type != "https" and urlsplit(url).hostname not in _LOOPBACK:
            raise NotTold(f"{whom} is not asked over {request.type}.\n  remedy: name an https:// address")
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            said = answer.read()
            return json.loads(said) if "json" in answer.headers.get("Content-Type", "") else said
    except urllib.error.HTTPError as refused:
        evidence, remedy = f"{method}: {refused.code} {refused.reason}", _remedy(refused.code)
    except urllib.error.URLError as error:
        evidence, remedy = f"{method}: {error.reason}", "look at the network and the proxy"
    except (OSError, http.client.HTTPException, ValueError) as error:
        # The error's message can hold the address or a header.
        evidence, remedy = f"{method}: {type(error).__name__}", "look at the address and the token"
    raise NotTold(f"{whom} has not done as it was asked.\n  evidence: {evidence}\n  remedy: {remedy}")


def _remedy(code: int) -> str:
    if code in (401, 403, 404):
        return "look whether token and webhook are still valid, and whether the job has the permission issues: write"
    return "run the job again in a few minutes"
