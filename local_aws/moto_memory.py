"""What moto finds out anew for each request or task, though it is always the same: here it is found out once."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

_DIFFERENT = 1_024
"""Hosts, paths and clients that are told apart before the eldest is forgotten."""


def backends_remembered(dispatcher: Any) -> None:
    """Which backend answers a host: moto lists its own folder for it, under a lock that all requests share."""
    dispatcher.get_backend_for_host = lru_cache(_DIFFERENT)(dispatcher.get_backend_for_host)


def interpreter_remembers() -> None:
    """Definitions and JSONPaths of state machines, parsed, and the client of Lambda that each task would make."""
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
    from moto.stepfunctions.parser.asl.parse import asl_parser
    from moto.stepfunctions.parser.asl.utils import json_path

    parsers: Any = asl_parser
    read = parsers.AmazonStateLanguageParser.parse

    @lru_cache(_DIFFERENT)
    def tree_of(definition: str) -> Any:
        return read(definition)[1]

    def parse(definition: str) -> tuple[Any, Any]:
        """The tree is only ever read; the program made of it belongs to one execution."""
        tree = tree_of(definition)
        return parsers.Preprocessor().visit(tree), tree

    parsers.AmazonStateLanguageParser.parse = staticmethod(parse)

    paths: Any = json_path
    tasks: Any = lambda_eval_utils
    paths.parse = lru_cache(_DIFFERENT)(paths.parse)
    client_of = lru_cache(_DIFFERENT)(tasks.boto_client_for)
    tasks.boto_client_for = lambda region, service, state_credentials: client_of(region, service)


def objects_shared() -> None:
    """The bytes of an object in memory: moto copies all of them for each range that is read."""
    from moto.s3.models import FakeKey

    kind: Any = FakeKey
    copied = kind.value

    def value(key: Any) -> bytes:
        held = key._value_buffer._file
        with key.lock:
            if isinstance(held, io.BytesIO):
                return held.getvalue()
        return bytes(copied.fget(key))

    kind.value = copied.getter(value)
