"""The outermost layers: no web page is answered, each request is logged."""

from __future__ import annotations

import logging
import time
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

from local_aws.errors import ServiceError, error_response
from local_aws.http import Handler, scope_of

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_log = logging.getLogger(__name__)


def refuse_pages(request: Request, inner: Handler) -> Response:
    """The layer that answers no web page, not even one whose host name was rebound to the loopback address."""
    if not _is_loopback(request.host):
        server = f"http://{request.environ['SERVER_NAME']}:{request.environ['SERVER_PORT']}"
        return Response(f"The Host header names {request.host[:100]!r}; this is {server}.\n", 421)
    if _is_sent_by_a_page(request.headers):
        return Response("The embedded AWS answers no web page.\n", 403)
    return inner(request)


def log_requests(request: Request, inner: Handler) -> Response:
    """The layer that logs each request with its duration; an exception in it fails only this request, as on AWS."""
    begun = time.monotonic()
    try:
        answer = inner(request)
    except ModuleNotFoundError as missing:  # a service of moto that wants more than is installed
        _log.warning("%s %s: %s", request.method, request.full_path, missing)
        answer = _error(request, "NotImplemented", "The embedded AWS does not offer this service.", 501)
    except Exception:
        _log.exception("%s %s broke", request.method, request.full_path)
        answer = _error(request, "InternalFailure", "The embedded AWS broke on this request; its log says where.", 500)
    milliseconds = (time.monotonic() - begun) * 1000
    target = request.headers.get("X-Amz-Target", "")
    _log.info("%d %s %s %s %.1f ms", answer.status_code, request.method, request.full_path, target, milliseconds)
    return answer


def _error(request: Request, code: str, message: str, status: int) -> Response:
    return error_response(request, scope_of(request), ServiceError(code, message, status))


def _is_loopback(host: str) -> bool:
    """True if the Host header `host` is the loopback address or a .localhost name."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in _LOOPBACK or name.endswith(".localhost")


def _is_sent_by_a_page(headers: Headers) -> bool:
    """True if a browser sent the request for a web page; AWS clients and opened links send no such header."""
    if "Origin" in headers or headers.get("Sec-Fetch-Site", "none") != "none":
        return True
    return any(name.lower().startswith("access-control-request-") for name, _ in headers)
