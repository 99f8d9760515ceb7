"""What a request asks of which service, in one line, and how that service refuses it, by AWS's protocols."""

from __future__ import annotations

import uuid
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from local_aws.envelopes import Scope, json_error, rest_error
from local_aws.faults.rules import ServiceError

_BODY_BYTES = 65_536


def operation(request: Request) -> str:
    """`PutItem` of the services that name it in a header, else `GET /bucket/key?versionId=1 bytes=0-9`, URL-decoded."""
    if target := request.headers.get("X-Amz-Target"):
        return target.rpartition(".")[2]
    path = f"{request.path}?{request.query_string.decode()}".rstrip("?")
    return " ".join(filter(None, (request.method, path, request.headers.get("Range"))))


def description(request: Request, caller: str, scope: Scope) -> str:
    """`{caller} {service} {operation} {body}`, of the body the first 64 KiB."""
    body = request.get_data()[:_BODY_BYTES].decode(errors="replace")
    return f"{caller} {scope.service} {operation(request)} {body}"


def refusal(request: Request, scope: Scope, error: ServiceError) -> Response:
    """`error` in the envelope of the service that was asked."""
    if request.headers.get("X-Amz-Target"):
        return json_error(error.code, error.message, error.status)
    if scope.service != "s3" and request.mimetype != "application/x-www-form-urlencoded":
        return rest_error(error.code, error.message, error.status)
    request_id = str(uuid.uuid4())
    said = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if scope.service == "s3":
        document = f"<Error>{said}<RequestId>{request_id}</RequestId></Error>"
    else:
        document = f"<ErrorResponse><Error>{said}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    return Response(document, error.status, {"x-amz-request-id": request_id}, content_type="application/xml")
