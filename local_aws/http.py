"""Requests and responses as all layers use them: checks against web pages, signature scopes, AWS's error bodies."""

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
    """True if the Host header `host` is the loopback address or a .localhost name, not another name rebound to it."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in _OURS or name.endswith(".localhost")


def is_sent_by_a_page(headers: Headers) -> bool:
    """True if a browser sent the request for a web page; AWS clients and opened links send no such header."""
    if "Origin" in headers or headers.get("Sec-Fetch-Site", "none") != "none":
        return True
    return any(name.lower().startswith("access-control-request-") for name, _ in headers)


Handler = Callable[[Request], Response]
"""One layer of the embedded AWS: answers a request itself or passes it on to the layer below."""


class Refused(Exception):
    """Raised by a layer for a request that AWS answers with an error."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.get_data(as_text=True))
        self.answer = answer


def refusals_answered(inner: Handler) -> Handler:
    """Returns a layer that turns a Refused raised by the layers below into its response."""

    def answer(request: Request) -> Response:
        try:
            return inner(request)
        except Refused as refused:
            return refused.answer

    return answer


_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


class Scope(NamedTuple):
    """The credential scope that a request's signature names."""

    access_key: str
    region: str
    service: str


def scope_of(request: Request) -> Scope | None:
    """Returns the scope in the request's Authorization header or presigned query; None if it is unsigned."""
    if (access_key := request.args.get("AWSAccessKeyId")) is not None:
        return Scope(
            access_key, "us-east-1", "s3"
        )  # presigned in Signature Version 2: only S3 has it, and it names no region
    presigned = request.args.get("X-Amz-Credential")
    signature = f"Credential={presigned}" if presigned else request.headers.get("Authorization", "")
    found = _CREDENTIAL.search(signature)
    return Scope(*found.groups()) if found else None


def json_answer(body: Any, status: int = 200, **headers: str) -> Response:
    """Returns a response in AWS's JSON with a new request id; keywords are headers, such as `x_amzn_ErrorType`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent["x-amzn-RequestId"] = str(uuid.uuid4())
    return Response(json.dumps(body, ensure_ascii=False), status, sent, content_type="application/json")


def json_error(code: str, message: str, status: int = 400) -> Response:
    """Returns an error as AWS's JSON services (Step Functions, EventBridge) report it."""
    return json_answer({"__type": code, "message": message}, status, x_amzn_ErrorType=code)


def rest_error(code: str, message: str, status: int = 400, **more: str) -> Response:
    """Returns an error as AWS's REST services (Lambda) report it."""
    return json_answer({"Type": "User", "Message": message, "message": message, **more}, status, x_amzn_ErrorType=code)


def with_body(request: Request, body: bytes) -> Request:
    """Returns the same request with another body, which every layer below can read again."""
    environ = {name: value for name, value in request.environ.items() if not name.startswith("werkzeug.")}
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    return Request(environ)
