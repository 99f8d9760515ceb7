"""What came of a question to a service, and what to do where nothing good did."""

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
    """What a service holds is of no use; says what is wrong, and what to do about it."""

    def __init__(self, said: str, remedy: str) -> None:
        super().__init__(said)
        self.remedy = remedy


@dataclass(frozen=True)
class Answer:
    """The outcome of one connection test; `well` is None where it was not made, and `remedy` belongs to a failure.

    passing: the failure is one of the way to the service or of the moment, and not the caller's.
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
    """What `ask` answers, or what came in between."""
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
