"""Describes a request in one line, and forms a service's error response in its AWS protocol."""

from __future__ import annotations

import uuid
from typing import Literal
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from local_aws.faults.rules import ServiceError
from local_aws.http import Scope, json_error, rest_error

Protocol = Literal["json", "rest-json", "query", "ec2", "s3"]
"""The protocol of a service, which decides the form of an error; EC2's error codes differ from those of `query`."""

_BODY_BYTES = 65_536


def operation(request: Request) -> str:
    """Returns `PutItem` if a header names the operation, else `GET /bucket/key?versionId=1 bytes=0-9`, URL-decoded."""
    if target := request.headers.get("X-Amz-Target"):
        return target.rpartition(".")[2]
    path = f"{request.path}?{request.query_string.decode()}".rstrip("?")
    return " ".join(filter(None, (request.method, path, request.headers.get("Range"))))


def description(request: Request, caller: str, scope: Scope) -> str:
    """Returns `{caller} {service} {operation} {body}`, with the first 64 KiB of the body."""
    body = request.get_data()[:_BODY_BYTES].decode(errors="replace")
    return f"{caller} {scope.service} {operation(request)} {body}"


def protocol_of(request: Request, scope: Scope | None) -> Protocol:
    """Returns the protocol of the request's service; S3's if an unsigned request does not show it."""
    if request.headers.get("X-Amz-Target"):
        return "json"
    is_form = request.mimetype == "application/x-www-form-urlencoded"
    if scope is None:
        return "query" if is_form else "s3"
    if scope.service == "s3":
        return "s3"
    if is_form:
        return "ec2" if scope.service == "ec2" else "query"
    return "rest-json"


def refusal(request: Request, scope: Scope | None, error: ServiceError) -> Response:
    """Returns `error` as a response in the protocol of the request's service."""
    protocol = protocol_of(request, scope)
    if protocol == "json":
        return json_error(error.code, error.message, error.status)
    if protocol == "rest-json":
        return rest_error(error.code, error.message, error.status)
    request_id = str(uuid.uuid4())
    said = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if protocol == "s3":
        document = f"<Error>{said}<RequestId>{request_id}</RequestId></Error>"
    else:
        document = f"<ErrorResponse><Error>{said}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    return Response(document, error.status, {"x-amz-request-id": request_id}, content_type="application/xml")
