"""The AWS API operation that a request calls, and its parameters.

Requests to JSON and query services name it; for others, botocore's models map method, path and query to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel
from werkzeug.wrappers import Request

from local_aws.http import Scope

_UNKNOWN = "UnknownOperation"


class Operation:
    """The operation one request calls."""

    def __init__(self, request: Request, scope: Scope) -> None:
        self.request = request
        self.service = scope.service
        """The service name in the signature, for most services also its IAM prefix."""
        self.region = scope.region

    @cached_property
    def name(self) -> str:
        """For example `PutItem`; `UnknownOperation` if no model matches the request."""
        if target := self.request.headers.get("X-Amz-Target"):
            return target.rpartition(".")[2]
        if self._form:
            return self._form.get("Action", _UNKNOWN)
        if self._route:
            return self._route.name
        return found[1] if (found := _RPC_PATH.fullmatch(self.request.path)) else _UNKNOWN

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters in the request's path, query, form or JSON body, by their names in AWS's API."""
        if self.request.headers.get("X-Amz-Target"):
            return self._json
        if self._route is None:
            return self._form
        path = self._route.path.fullmatch(self.request.path)
        body = self._json if self._route.in_json else {}
        query = {name: self.request.args[wire] for wire, name in self._route.query if wire in self.request.args}
        return {**body, **query, **(path.groupdict() if path else {})}

    @cached_property
    def _form(self) -> dict[str, str]:
        if self.request.mimetype != "application/x-www-form-urlencoded" or self.service == "s3":
            return {}
        return dict(parse_qsl(self.request.get_data(as_text=True), keep_blank_values=True))

    @cached_property
    def _json(self) -> dict[str, Any]:
        try:
            content = json.loads(self.request.get_data() or b"{}")
        except ValueError:  # the service itself refuses invalid JSON
            return {}
        return content if isinstance(content, dict) else {}

    @cached_property
    def _route(self) -> _Route | None:
        if self.request.headers.get("X-Amz-Target") or self._form:
            return None
        fitting = [route for route in _routes(self.service).get(self.request.method, ()) if route.fits(self.request)]
        return max(fitting, key=lambda route: (len(route.literals), len(route.required)), default=None)


class _Route(NamedTuple):
    """The form of the requests for one operation of a REST service."""

    name: str
    path: re.Pattern[str]
    literals: frozenset[tuple[str, str]]
    """Names and values that the query must contain."""
    required: frozenset[str]
    """Names that the query or the headers must contain."""
    in_json: bool
    """True if its body holds parameters as JSON."""
    query: tuple[tuple[str, str], ...]
    """The query parameters, each as (name in the query, name in AWS's API)."""

    def fits(self, request: Request) -> bool:
        """True if a request with the same method may call this operation."""
        return (
            self.path.fullmatch(request.path) is not None
            and all(request.args.get(name) == value for name, value in self.literals)
            and all(name in request.args or name in request.headers for name in self.required)
        )


_RPC_PATH = re.compile(r"/service/[^/]+/operation/([^/]+)")
_LABEL = re.compile(r"\{(\w+)(\+?)\}")


@lru_cache
def _routes(service: str) -> dict[str, list[_Route]]:
    """The routes by method; empty for a service whose requests name their operation or that has no model."""
    routes: dict[str, list[_Route]] = {}
    for model in _operations(service):
        routes.setdefault(model.http["method"], []).append(_route_of(model))
    return routes


def _operations(service: str) -> Iterator[OperationModel]:
    try:
        model = botocore.session.get_session().get_service_model(service)
    except UnknownServiceError:
        return
    if model.metadata.get("protocol") in ("rest-json", "rest-xml"):
        yield from map(model.operation_model, model.operation_names)


def _route_of(model: OperationModel) -> _Route:
    path, _, query = model.http["requestUri"].partition("?")
    shape = model.input_shape
    members = [
        (member.serialization["name"], name, member.serialization["location"])
        for name, member in (shape.members.items() if shape else ())
        if member.serialization.get("location") in ("querystring", "header")
    ]
    needed = set(shape.required_members) if shape else set()
    return _Route(
        name=model.name,
        path=re.compile(_LABEL.sub(_label, path.rstrip("/")) + "/?", re.DOTALL),
        literals=frozenset(parse_qsl(query, keep_blank_values=True)),
        required=frozenset(wire for wire, name, _ in members if name in needed),
        in_json=model.service_model.metadata["protocol"] == "rest-json"
        and not (shape and "payload" in shape.serialization),
        query=tuple((wire, name) for wire, name, location in members if location == "querystring"),
    )


def _label(label: re.Match[str]) -> str:
    return f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})"
