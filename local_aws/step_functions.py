"""Step Functions: names executions that are started without a name, as on AWS; moto would name them None."""

from __future__ import annotations

import json
import uuid

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, with_body

_STARTS = ("AWSStepFunctions.StartExecution", "AWSStepFunctions.StartSyncExecution")


def name_executions(request: Request, inner: Handler) -> Response:
    """The layer that adds a UUID as name."""
    if request.headers.get("X-Amz-Target") in _STARTS:
        arguments = json.loads(request.get_data())
        if not arguments.get("name"):
            request = with_body(request, json.dumps({**arguments, "name": str(uuid.uuid4())}).encode())
    return inner(request)
