"""The layer that handles Invoke.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from local_aws.errors import Refused, rest_error
from local_aws.http import Handler, scope_of
from local_aws.iam.roles import Roles
from local_aws.lambda_.aliases import Aliases
from local_aws.lambda_.asynchronous import Asynchronous
from local_aws.lambda_.concurrency import ReservedConcurrency
from local_aws.lambda_.deployments import Deployments
from local_aws.lambda_.outcome import Outcome
from local_aws.lambda_.pool import Pool, Throttled
from local_aws.lambda_.sandbox import Invocation
from local_aws.lambda_.spec import FunctionSpec

MAX_BYTES = {"RequestResponse": 6_291_456, "Event": 1_048_576, "DryRun": 6_291_456}

_PATH = re.compile(r"/[0-9-]+/functions/(?P<name>[^/]+)/invocations/?")


class Invocations:
    """Runs the functions recorded by `deployments` in processes of the pool."""

    def __init__(
        self, deployments: Deployments, aliases: Aliases, concurrency: ReservedConcurrency, pool: Pool, roles: Roles
    ) -> None:
        self._deployments = deployments
        self._aliases = aliases
        self._concurrency = concurrency
        self._pool = pool
        self._roles = roles
        self._asynchronous = Asynchronous(deployments.wire, self._run)

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Handle an invocation, forward all other requests; raises Refused."""
        scope = scope_of(request)
        if scope is None or scope.service != "lambda" or request.method != "POST":
            return inner(request)
        if not (path := _PATH.fullmatch(unquote(request.path))):
            return inner(request)
        name, qualifier = path["name"], request.args.get("Qualifier")
        version = self._aliases.version(scope.region, name, qualifier)
        configuration = self._deployments.configuration(scope.region, name, version)
        mode = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        event = _event(request, mode)
        spec = self._deployments.spec(configuration)
        called = f"{spec.arn}:{qualifier}" if qualifier else spec.arn
        invocation = Invocation(str(uuid.uuid4()), event, called, _headers_of(request))
        headers = {"x-amzn-RequestId": invocation.request_id, "X-Amz-Executed-Version": spec.version}
        if mode == "DryRun":
            return Response(status=204, headers=headers)
        if mode == "Event":
            self._asynchronous.begin(spec, invocation)
            return Response(status=202, headers=headers)
        result = self._run(spec, invocation)
        if result.error is not None:
            headers["X-Amz-Function-Error"] = "Unhandled"
        if request.headers.get("X-Amz-Log-Type") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(result.log_tail.encode()[-4096:]).decode()
        return Response(result.payload, 200, headers, content_type="application/json")

    def _run(self, spec: FunctionSpec, invocation: Invocation) -> Outcome:
        if not self._roles.assumable(spec.role, "lambda.amazonaws.com", spec.region, spec.arn):
            message = "The role defined for the function cannot be assumed by Lambda."
            raise Refused(rest_error("AccessDeniedException", message, 403))
        try:
            return self._pool.invoke(spec, self._concurrency.of(spec.region, spec.name), invocation)
        except Throttled:
            reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
            throttled = rest_error("TooManyRequestsException", "Rate Exceeded.", 429, Reason=reason)
            raise Refused(throttled) from None


def _event(request: Request, mode: str) -> bytes:
    content = request.get_data() or b"{}"
    limit = MAX_BYTES.get(mode)
    if limit is None:
        raise Refused(rest_error("InvalidParameterValueException", f"{mode} is no invocation type."))
    if len(content) > limit:
        message = f"{len(content)} byte payload is too large for the {mode} invocation type (limit {limit} bytes)"
        raise Refused(rest_error("RequestEntityTooLargeException", message, 413))
    try:
        json.loads(content)
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise Refused(rest_error("InvalidRequestContentException", message)) from None
    return content


def _headers_of(request: Request) -> dict[str, str]:
    """The Runtime API headers sent with the event."""
    random = uuid.uuid4().hex
    trace = f"Root=1-{random[:8]}-{random[8:]};Parent={random[:16]};Sampled=0"
    headers = {"Lambda-Runtime-Trace-Id": request.headers.get("X-Amzn-Trace-Id") or trace}
    if context := request.headers.get("X-Amz-Client-Context"):
        headers["Lambda-Runtime-Client-Context"] = base64.b64decode(context).decode()
    return headers
