"""Which operation of AWS's API a request asks for, and with what parameters.

JSON and query services name it; of the others, botocore's service models know it by method, path and query.
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
    """What one request asks for."""

    def __init__(self, request: Request, scope: Scope) -> None:
        self.request = request
        self.service = scope.service
        """As its signature names it, which for most services is IAM's prefix too."""
        self.region = scope.region

    @cached_property
    def name(self) -> str:
        """Such as `PutItem`; `UnknownOperation` where no model knows the request."""
        if target := self.request.headers.get("X-Amz-Target"):
            return target.rpartition(".")[2]
        if self._form:
            return self._form.get("Action", _UNKNOWN)
        if self._route:
            return self._route.name
        return found[1] if (found := _RPC_PATH.fullmatch(self.request.path)) else _UNKNOWN

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """By the names of AWS's API, as far as the request says them in its path, query, form or JSON."""
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
        except ValueError:  # which the service itself refuses
            return {}
        return content if isinstance(content, dict) else {}

    @cached_property
    def _route(self) -> _Route | None:
        if self.request.headers.get("X-Amz-Target") or self._form:
            return None
        fitting = [route for route in _routes(self.service).get(self.request.method, ()) if route.fits(self.request)]
        return max(fitting, key=lambda route: (len(route.literals), len(route.required)), default=None)


class _Route(NamedTuple):
    """How the requests of a REST service's operation look."""

    name: str
    path: re.Pattern[str]
    literals: frozenset[tuple[str, str]]
    """Names and values that the query must have."""
    required: frozenset[str]
    """Names that the query or the headers must have."""
    in_json: bool
    """Whether its body holds parameters, in JSON."""
    query: tuple[tuple[str, str], ...]
    """The parameters in the query: their names there, and those in AWS's API."""

    def fits(self, request: Request) -> bool:
        """Whether a request of the same method may be of this operation."""
        return (
            self.path.fullmatch(request.path) is not None
            and all(request.args.get(name) == value for name, value in self.literals)
            and all(name in request.args or name in request.headers for name in self.required)
        )


_RPC_PATH = re.compile(r"/service/[^/]+/operation/([^/]+)")
_LABEL = re.compile(r"\{(\w+)(\+?)\}")


@lru_cache
def _routes(service: str) -> dict[str, list[_Route]]:
    """By method; none for a service whose requests name their operation, or that no model describes."""
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
