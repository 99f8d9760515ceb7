"""Aliases of functions: the weights that Lambda refuses, and the version that a call by an alias reaches.

https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
"""

from __future__ import annotations

import json
import random
import re
from typing import Any

from werkzeug.wrappers import Request, Response

from local_aws.errors import Refused, rest_error
from local_aws.http import Handler, scope_of
from local_aws.internal_client import Wire

_PATH = re.compile(r"/[0-9-]+/functions/(?P<name>[^/]+)/aliases(?:/(?P<alias>[^/]+))?/?")


class Aliases:
    """Forwards the operations on aliases, unless Lambda refuses their weights."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Handle `request`; raises Refused."""
        scope, path = scope_of(request), _PATH.fullmatch(request.path)
        if scope and scope.service == "lambda" and path and request.method in ("POST", "PUT"):
            content = json.loads(request.get_data())
            weights = (content.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
            version = content.get("FunctionVersion")
            if weights and version is None:
                version = self._alias(scope.region, path["name"], path["alias"]).get("FunctionVersion")
            if reason := _find_refusal(version, list(weights)):
                raise Refused(rest_error("InvalidParameterValueException", reason))
        return inner(request)

    def version(self, region: str, name: str, qualifier: str | None) -> str | None:
        """The version that one call reaches: drawn by the weights of an alias; another qualifier as it is."""
        is_alias = qualifier is not None and qualifier != "$LATEST" and not qualifier.isdigit()
        alias = self._alias(region, name, str(qualifier)) if is_alias else {}
        weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        drawn = [version for version, weight in weights.items() if random.random() < weight]
        return next(iter(drawn), alias.get("FunctionVersion", qualifier))

    def _alias(self, region: str, name: str, alias: str) -> dict[str, Any]:
        answer = self._wire.send("lambda", region, "GET", f"/2015-03-31/functions/{name}/aliases/{alias}")
        return dict(json.loads(answer.get_data())) if answer.status_code < 300 else {}


def _find_refusal(version: str | None, others: list[str]) -> str | None:
    if len(others) > 1:
        return "Number of items in AdditionalVersionWeights cannot be greater than 1"
    if version in others:
        return (
            f"Invalid function version {version}. "
            f"Function version {version} is already included in routing configuration."
        )
    if others and version == "$LATEST":
        return "$LATEST is not supported for an alias pointing to more than 1 version"
    return None
