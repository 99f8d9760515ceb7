"""Layers, and the requests and responses that pass through them."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from werkzeug.wrappers import Request, Response

Handler = Callable[[Request], Response]

Layer = Callable[[Request, Handler], Response]
"""One layer of the embedded AWS: answers a request itself or passes it on to the handler below it."""


def compose(layers: Sequence[Layer], innermost: Handler) -> Handler:
    """Returns a handler that passes requests through `layers`, from the first to the last, on to `innermost`."""

    def over(inner: Handler, layer: Layer) -> Handler:
        return lambda request: layer(request, inner)

    return reduce(over, reversed(layers), innermost)


_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


class Scope(NamedTuple):
    """The credential scope that a request's signature names."""

    access_key: str
    region: str
    service: str


def scope_of(request: Request) -> Scope | None:
    """Returns the scope in the request's Authorization header or presigned query; None if it is unsigned."""
    if (access_key := request.args.get("AWSAccessKeyId")) is not None:
        # Presigned in Signature Version 2: only S3 has it, and it names no region.
        return Scope(access_key, "us-east-1", "s3")
    presigned = request.args.get("X-Amz-Credential")
    signature = f"Credential={presigned}" if presigned else request.headers.get("Authorization", "")
    found = _CREDENTIAL.search(signature)
    return Scope(*found.groups()) if found else None


def json_answer(body: Any, status: int = 200, **headers: str) -> Response:
    """Returns a response in AWS's JSON with a new request id; keywords are headers, such as `x_amzn_ErrorType`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent["x-amzn-RequestId"] = str(uuid.uuid4())
    return Response(json.dumps(body, ensure_ascii=False), status, sent, content_type="application/json")


def with_body(request: Request, body: bytes) -> Request:
    """Returns the same request with another body, which every layer below can read again."""
    environ = {name: value for name, value in request.environ.items() if not name.startswith("werkzeug.")}
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    return Request(environ)


def with_path(request: Request, path: str, query: Mapping[str, str]) -> Request:
    """Returns the same request with another path and other parameters, none of them URL-encoded."""
    environ = with_body(request, request.get_data()).environ
    uri = f"{quote(path)}?{urlencode(query)}"
    changed = {"PATH_INFO": path, "QUERY_STRING": urlencode(query), "RAW_URI": uri, "REQUEST_URI": uri}
    return Request({**environ, **changed})
