"""AWS's errors: their content, their form in each service's protocol, and refusals raised by layers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, Scope, json_answer

Protocol = Literal["json", "rest-json", "query", "ec2", "s3"]
"""The protocol of a service, which decides the form of an error; EC2's error codes differ from those of `query`."""


@dataclass(frozen=True)
class ServiceError:
    """An AWS service error: code, message and HTTP status; more: further members of a JSON response."""

    code: str
    message: str
    status: int = 400
    more: Mapping[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """Raised by a layer for a request that AWS answers with an error."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.get_data(as_text=True))
        self.answer = answer


def answer_refusals(request: Request, inner: Handler) -> Response:
    """The layer that answers with the response of a Refused raised by the layers below."""
    try:
        return inner(request)
    except Refused as refused:
        return refused.answer


def json_error(code: str, message: str, status: int = 400, **more: Any) -> Response:
    """Returns an error as AWS's JSON services (Step Functions, EventBridge) report it."""
    return json_answer({"__type": code, "message": message, **more}, status, x_amzn_ErrorType=code)


def rest_error(code: str, message: str, status: int = 400, **more: str) -> Response:
    """Returns an error as AWS's REST services (Lambda) report it."""
    return json_answer({"Type": "User", "Message": message, "message": message, **more}, status, x_amzn_ErrorType=code)


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


def error_response(request: Request, scope: Scope | None, error: ServiceError) -> Response:
    """Returns `error` as a response in the protocol of the request's service."""
    protocol = protocol_of(request, scope)
    if protocol == "json":
        return json_error(error.code, error.message, error.status, **error.more)
    if protocol == "rest-json":
        return rest_error(error.code, error.message, error.status)
    request_id = str(uuid.uuid4())
    said = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if protocol == "s3":
        document = f"<Error>{said}<RequestId>{request_id}</RequestId></Error>"
    else:
        document = f"<ErrorResponse><Error>{said}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    return Response(document, error.status, {"x-amz-request-id": request_id}, content_type="application/xml")
