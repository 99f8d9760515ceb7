"""The layer that gives a state's output the request id of its Lambda call, as on AWS; moto drops it on the way.

Of an Invoke answer moto's interpreter keeps LogResult, so the id travels there, and comes out in the fields where
AWS has it wherever the output is shown or passed on. (A path into these fields inside the state machine finds nothing.)
"""

from __future__ import annotations

import json
import re

from werkzeug.wrappers import Request, Response

from local_aws.control_plane import INTERPRETER_KEY
from local_aws.http import Handler, scope_of, with_body

_MARK = "lambda-request-id:"
# JSON may sit in a string of JSON, once or more often: the quotes then have that many backslashes.
_MARKED = re.compile(rb'(\\*)"LogResult\1": ?\1"' + _MARK.encode() + rb'([0-9a-f-]{36})\1"')


def mark(request_id: str) -> str:
    """A LogResult that carries a request id."""
    return _MARK + request_id


def request_ids(inner: Handler) -> Handler:
    """The layer: mends what Step Functions tells, and what it sends on."""

    def answer(request: Request) -> Response:
        scope = scope_of(request)
        if scope is not None and scope.access_key == INTERPRETER_KEY:
            request = with_body(request, mended(request.get_data()))
        given = inner(request)
        if scope is not None and scope.service == "states":
            given.set_data(mended(given.get_data()))
        return given

    return answer


def mended(document: bytes) -> bytes:
    """`document` with every mark replaced by the two fields that AWS puts into the output of lambda:invoke."""
    return _MARKED.sub(_fields, document)


def _fields(found: re.Match[bytes]) -> bytes:
    escape, request_id = found[1], found[2].decode()
    headers = {"Content-Type": ["application/json"], "x-amzn-RequestId": [request_id]}
    single = {name: value for name, (value,) in headers.items()}
    fields = {
        "SdkHttpMetadata": {"AllHttpHeaders": headers, "HttpHeaders": single, "HttpStatusCode": 200},
        "SdkResponseMetadata": {"RequestId": request_id},
    }
    return json.dumps(fields)[1:-1].encode().replace(b'"', escape + b'"')
