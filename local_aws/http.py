"""Which requests a web page may have sent: one whose name was rebound to 127.0.0.1 names another host than this AWS."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

_OURS = ("127.0.0.1", "localhost", "::1")


def named_in(host: str) -> bool:
    """Whether `host`, as a request has it, is the loopback address or a name that no DNS but our own answers."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in _OURS or name.endswith(".localhost")


def is_sent_by_a_page(headers: Headers) -> bool:
    """Whether a browser has sent it for a page; AWS's clients, and whoever opens a link, send none of these headers."""
    if "Origin" in headers or headers.get("Sec-Fetch-Site", "none") != "none":
        return True
    return any(name.lower().startswith("access-control-request-") for name, _ in headers)


Handler = Callable[[Request], Response]
"""One layer of the embedded AWS: answers a request itself or passes it on to the layer beneath."""


class Refused(Exception):
    """Raised by a layer for a request that AWS answers with an error."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.get_data(as_text=True))
        self.answer = answer


def refusals_answered(inner: Handler) -> Handler:
    """The outermost layer: answers with what the layers beneath have raised."""

    def answer(request: Request) -> Response:
        try:
            return inner(request)
        except Refused as refused:
            return refused.answer

    return answer


_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


class Scope(NamedTuple):
    """What a request's signature names."""

    access_key: str
    region: str
    service: str


def scope_of(request: Request) -> Scope | None:
    """The scope that the request is signed for, in its header or presigned in its query; None if unsigned."""
    if (access_key := request.args.get("AWSAccessKeyId")) is not None:
        return Scope(
            access_key, "us-east-1", "s3"
        )  # presigned in Signature Version 2, which S3 alone has, without region
    presigned = request.args.get("X-Amz-Credential")
    signature = f"Credential={presigned}" if presigned else request.headers.get("Authorization", "")
    found = _CREDENTIAL.search(signature)
    return Scope(*found.groups()) if found else None


def json_answer(body: Any, status: int = 200, **headers: str) -> Response:
    """An answer in AWS's JSON under a new request id, with keyword headers such as `x_amzn_ErrorType`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent["x-amzn-RequestId"] = str(uuid.uuid4())
    return Response(json.dumps(body, ensure_ascii=False), status, sent, content_type="application/json")


def json_error(code: str, message: str, status: int = 400) -> Response:
    """An error as AWS's JSON services (Step Functions, EventBridge) report it."""
    return json_answer({"__type": code, "message": message}, status, x_amzn_ErrorType=code)


def rest_error(code: str, message: str, status: int = 400, **more: str) -> Response:
    """An error as AWS's REST services (Lambda) report it."""
    return json_answer({"Type": "User", "Message": message, "message": message, **more}, status, x_amzn_ErrorType=code)


def with_body(request: Request, body: bytes) -> Request:
    """The same request with another body, which may be read by every layer beneath."""
    environ = {name: value for name, value in request.environ.items() if not name.startswith("werkzeug.")}
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    return Request(environ)
