"""DynamoDB: serializes requests, and refuses those without what they need.

moto rolls a transaction back by restoring copies of its tables when a condition fails: concurrent writes of other
requests would be lost. It breaks on an item or a key that is missing, which boto3 sends for a Step Functions task.
"""

from __future__ import annotations

import json
import threading

from werkzeug.wrappers import Request, Response

from local_aws.errors import json_error
from local_aws.http import Handler, scope_of

_turn = threading.Lock()
_REQUIRED = {"PutItem": "Item", "GetItem": "Key", "UpdateItem": "Key", "DeleteItem": "Key"}


def serialize_dynamodb(request: Request, inner: Handler) -> Response:
    """The layer that passes complete requests to DynamoDB one at a time."""
    scope = scope_of(request)
    if scope is None or scope.service != "dynamodb":
        return inner(request)
    field = _REQUIRED.get(request.headers.get("X-Amz-Target", "").rpartition(".")[2])
    if field and field not in json.loads(request.get_data()):
        message = f"Value null at '{field.lower()}' failed to satisfy constraint: Member must not be null"
        return json_error("ValidationException", f"1 validation error detected: {message}")
    with _turn:
        return inner(request)
