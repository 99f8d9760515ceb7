"""Describe and list calls whose responses are completed with every member of botocore's service model."""

from __future__ import annotations

from typing import Any

from steps.cloudformation.declared import Properties


def one(client: Any, operation: str, key: str | None = None, **arguments: Any) -> Properties:
    """Return the response of `operation`, or its member `key`, with None for each modelled member that it lacks.

    This distinguishes a property that is not set from one that the API does not return.
    """
    answer = getattr(client, operation)(**arguments)
    shape = _output(client, operation)
    filled: Properties = _filled(shape.members[key], answer[key]) if key else _filled(shape, answer)
    return filled


def every(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    """Return the list `key` over all pages of `operation`, each object completed as by `one`."""
    member = _output(client, operation).members[key].member
    pages = client.get_paginator(operation).paginate(**arguments)
    return [_filled(member, item) for page in pages for item in page.get(key, ())]


def only(client: Any, operation: str, key: str, **arguments: Any) -> Properties:
    """Return the single object in the list `key`, as by `every`; `arguments` must select one."""
    found: list[Properties] = every(client, operation, key, **arguments)
    return found[0]


def _output(client: Any, operation: str) -> Any:
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation]).output_shape


def _filled(shape: Any, item: Any) -> Any:
    return dict.fromkeys(shape.members) | item if shape.type_name == "structure" else item
