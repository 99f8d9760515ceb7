"""The valid access keys: the root user's, the Step Functions interpreter's, and the keys that IAM and STS create."""

from __future__ import annotations

import base64
import re
import secrets
from urllib.parse import parse_qs

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, scope_of
from local_aws.internal_client import Credentials
from local_aws.moto_patches import INTERPRETER_KEY

_MADE = re.compile(r"<(AccessKeyId|SecretAccessKey|SessionToken)>([^<]+)</")
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class AccessKeys:
    """The access keys of one embedded AWS; the initial secrets are random."""

    def __init__(self) -> None:
        key_id = "AKIA" + "".join(secrets.choice(_BASE32) for _ in range(16))
        self.root = Credentials(key_id, secrets.token_urlsafe(30), "")
        self.interpreter = Credentials(INTERPRETER_KEY, secrets.token_urlsafe(30), "")
        self._known = {each.access_key: each for each in (self.root, self.interpreter)}
        self._inactive = set[str]()

    @property
    def control_authorization(self) -> str:
        """The Authorization header of control requests: the root user's key in HTTP's Basic scheme."""
        pair = f"{self.root.access_key}:{self.root.secret_key}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def find(self, access_key: str, session_token: str) -> Credentials | None:
        """Returns the active credentials with this id and token, or None."""
        found = self._known.get(access_key)
        if found is None or access_key in self._inactive or found.session_token != session_token:
            return None
        return found

    def record(self, request: Request, inner: Handler) -> Response:
        """The layer that records the keys that IAM and STS create, deactivate and delete."""
        scope = scope_of(request)
        answer = inner(request)
        if scope is not None and scope.service in ("iam", "sts") and answer.status_code == 200:
            self._learn(parse_qs(request.get_data(as_text=True)), answer.get_data(as_text=True))
        return answer

    def _learn(self, asked: dict[str, list[str]], answer: str) -> None:
        made = dict(_MADE.findall(answer))
        if "SecretAccessKey" in made:
            credentials = Credentials(made["AccessKeyId"], made["SecretAccessKey"], made.get("SessionToken", ""))
            self._known[credentials.access_key] = credentials
        match asked:
            case {"Action": ["DeleteAccessKey"], "AccessKeyId": [key]}:
                self._known.pop(key, None)
            case {"Action": ["UpdateAccessKey"], "AccessKeyId": [key], "Status": [status]}:
                (self._inactive.discard if status == "Active" else self._inactive.add)(key)
