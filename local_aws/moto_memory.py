"""Caches for results that moto computes again for each request or task although they never change."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

_DIFFERENT = 1_024
"""The size of each cache: hosts, definitions, JSONPaths or clients."""


def backends_remembered(dispatcher: Any) -> None:
    """Caches each host's backend: moto lists its own folder to find it, under a lock that all requests share."""
    dispatcher.get_backend_for_host = lru_cache(_DIFFERENT)(dispatcher.get_backend_for_host)


def interpreter_remembers() -> None:
    """Caches parsed state machine definitions and JSONPaths, and the Lambda client that each task would create."""
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
    from moto.stepfunctions.parser.asl.parse import asl_parser
    from moto.stepfunctions.parser.asl.utils import json_path

    parsers: Any = asl_parser
    read = parsers.AmazonStateLanguageParser.parse

    @lru_cache(_DIFFERENT)
    def tree_of(definition: str) -> Any:
        return read(definition)[1]

    def parse(definition: str) -> tuple[Any, Any]:
        """Shares the tree, which is only read; builds a program from it for each execution."""
        tree = tree_of(definition)
        return parsers.Preprocessor().visit(tree), tree

    parsers.AmazonStateLanguageParser.parse = staticmethod(parse)

    paths: Any = json_path
    tasks: Any = lambda_eval_utils
    paths.parse = lru_cache(_DIFFERENT)(paths.parse)
    client_of = lru_cache(_DIFFERENT)(tasks.boto_client_for)
    tasks.boto_client_for = lambda region, service, state_credentials: client_of(region, service)


def objects_shared() -> None:
    """Reads an in-memory object's bytes without a copy: moto copies the whole object for each range that is read."""
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
