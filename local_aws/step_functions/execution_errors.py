"""The layer that makes executions report a Lambda call that IAM denied as on AWS; moto names the error by its code.

On AWS the error's name is `Lambda.AWSLambdaException`, and its cause has the code `AccessDeniedException`. So moto gets
the former as code, and the layer puts the latter into the cause in all responses and further requests.
"""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from local_aws.control_plane import INTERPRETER_KEY
from local_aws.http import Handler, scope_of, with_body

_TOLD = b"Status Code: 403; Error Code: AWSLambdaException"
_SHOWN = b"Status Code: 403; Error Code: AccessDeniedException"


def execution_errors(inner: Handler) -> Handler:
    """Returns the layer over `inner`."""

    def answer(request: Request) -> Response:
        scope = scope_of(request)
        interpreter = scope is not None and scope.access_key == INTERPRETER_KEY
        if interpreter and _TOLD in request.get_data():
            request = with_body(request, request.get_data().replace(_TOLD, _SHOWN))
        given = inner(request)
        if interpreter and (given.status_code, given.headers.get("x-amzn-ErrorType")) == (403, "AccessDeniedException"):
            given.headers["x-amzn-ErrorType"] = "AWSLambdaException"
        if scope is not None and scope.service == "states":
            given.set_data(given.get_data().replace(_TOLD, _SHOWN))
        return given

    return answer
