"""The layer that passes requests to DynamoDB one at a time.

moto rolls a transaction back by restoring copies of its tables when a condition fails: concurrent writes of other
requests would be lost.
"""

from __future__ import annotations

import threading

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, scope_of


def dynamodb_in_turn(inner: Handler) -> Handler:
    """Returns the layer over `inner`."""
    turn = threading.Lock()

    def answer(request: Request) -> Response:
        scope = scope_of(request)
        if scope is None or scope.service != "dynamodb":
            return inner(request)
        with turn:
            return inner(request)

    return answer
