"""The layer that lets one request at a time to DynamoDB, as moto needs it.

For a transaction moto copies its tables, and puts the copies back when a condition is refused: what others wrote
meanwhile would be lost.
"""

from __future__ import annotations

import threading

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, scope_of


def dynamodb_in_turn(inner: Handler) -> Handler:
    """The layer."""
    turn = threading.Lock()

    def answer(request: Request) -> Response:
        scope = scope_of(request)
        if scope is None or scope.service != "dynamodb":
            return inner(request)
        with turn:
            return inner(request)

    return answer
