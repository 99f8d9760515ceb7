"""The layer that puts the request id of a Lambda call into the state's output, as on AWS; moto drops the id.

moto's interpreter keeps LogResult of an Invoke response, so LogResult carries the id. In all responses and further
requests the layer replaces it by AWS's fields. (A path into these fields within the state machine finds nothing.)
"""

from __future__ import annotations

import json
import re

from werkzeug.wrappers import Request, Response

from local_aws.control_plane import INTERPRETER_KEY
from local_aws.http import Handler, scope_of, with_body

_MARK = "lambda-request-id:"
# The JSON may be nested in JSON strings; its quotes are then preceded by backslashes.
_MARKED = re.compile(rb'(\\*)"LogResult\1": ?\1"' + _MARK.encode() + rb'([0-9a-f-]{36})\1"')


def mark(request_id: str) -> str:
    """Returns a LogResult that carries a request id."""
    return _MARK + request_id


def request_ids(inner: Handler) -> Handler:
    """Returns the layer over `inner`; it corrects Step Functions' responses and its requests to other services."""

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
    """Returns `document` with every mark replaced by the two fields that AWS adds to the output of lambda:invoke."""
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
