"""Step Functions: names executions that are started without a name, and starts them by an alias or a version too.

moto would name them None, and knows a version only to describe it: here, the state machine as it is now is started.
"""

from __future__ import annotations

import json
import uuid

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, with_body

_STARTS = ("AWSStepFunctions.StartExecution", "AWSStepFunctions.StartSyncExecution")


def name_executions(request: Request, inner: Handler) -> Response:
    """The layer that adds a UUID as name, and takes the qualifier off the state machine's ARN."""
    if request.headers.get("X-Amz-Target") in _STARTS:
        arguments = json.loads(request.get_data())
        name, machine = arguments.get("name") or str(uuid.uuid4()), arguments.get("stateMachineArn", "")
        told = {**arguments, "name": name, "stateMachineArn": ":".join(machine.split(":")[:7])}
        request = with_body(request, json.dumps(told).encode())
    return inner(request)
