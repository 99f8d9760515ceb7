"""DynamoDB: serializes requests.

moto rolls a transaction back by restoring copies of its tables when a condition fails: concurrent writes of other
requests would be lost.
"""

from __future__ import annotations

import threading

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, scope_of

_turn = threading.Lock()


def serialize_dynamodb(request: Request, inner: Handler) -> Response:
    """The layer that passes requests to DynamoDB one at a time."""
    scope = scope_of(request)
    if scope is None or scope.service != "dynamodb":
        return inner(request)
    with _turn:
        return inner(request)
