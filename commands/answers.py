"""The results of connection tests, with a remedy for each failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from steps.suite.visible_text import quoted

_REMEDIES = {
    "credentials": "sign in again (aws sso login, AWS_PROFILE), and look who you are: aws sts get-caller-identity",
    "denied": "have your role allowed what the message names: docs/acceptance-policy.json is all that the suite needs",
    "absent": "deploy it, or name the right --account, --region, --project and --environment",
    "unreachable": "look at the network, the proxy and AWS_ENDPOINT_URL",
    "busy": "run it again in a minute",
}
_KINDS = (
    ("credentials", ("Expired", "InvalidClientTokenId", "UnrecognizedClient", "Signature", "AuthFailure")),
    ("credentials", ("Credential", "TokenRetrieval", "SSO", "ProfileNotFound")),
    ("denied", ("AccessDenied", "Unauthorized", "403", "Forbidden")),
    ("busy", ("Throttl", "TooManyRequests", "SlowDown", "LimitExceeded", "InternalFailure", "ServiceUnavailable")),
    ("absent", ("NotFound", "NoSuch", "404", "DoesNotExist")),
)


_MARGIN = " " * 18 + " | "


class Unusable(Exception):
    """A service responds with something unusable; the message says what is wrong, `remedy` what to do."""

    def __init__(self, said: str, remedy: str) -> None:
        super().__init__(said)
        self.remedy = remedy


@dataclass(frozen=True)
class Answer:
    """The result of one connection test; `well` is None if it was not run, `remedy` is set for a failure.

    passing: true if the failure is temporary or one of the network, and not caused by the caller's credentials.
    """

    service: str
    well: bool | None
    said: str
    remedy: str = ""
    passing: bool = False

    def __str__(self) -> str:
        mark = {True: "ok", False: "NO", None: "-"}[self.well]
        line = f"{mark:<3} {self.service:<16} {quoted(self.said, _MARGIN)}"
        return f"{line}\n{'':20} remedy: {self.remedy}" if self.well is False else line


def answered(service: str, ask: Callable[[], str]) -> Answer:
    """Run the test `ask` and return its result or its failure."""
    try:
        return Answer(service, True, ask())
    except ClientError as refused:
        error = refused.response["Error"]
        return _failed(service, f"{error['Code']}: {error['Message']}", error["Code"])
    except BotoCoreError as broken:
        return _failed(service, str(broken), type(broken).__name__)
    except Unusable as found:
        return Answer(service, False, str(found), found.remedy)


def _failed(service: str, said: str, error: str) -> Answer:
    kind = next((kind for kind, parts in _KINDS if any(part in error for part in parts)), "unreachable")
    return Answer(service, False, said, _REMEDIES[kind], passing=kind in ("unreachable", "busy"))
