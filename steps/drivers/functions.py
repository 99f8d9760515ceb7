"""The functions' configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class Functions:
    """Lambda's functions of these names."""

    def __init__(self, client: LambdaClient, names: Iterable[str]) -> None:
        self._lambda, self._names = client, tuple(names)

    @contextmanager
    def configured(self, **variables: str) -> Iterator[None]:
        """All of them have these environment variables within the block, and what they had before after it."""
        before = {name: self._variables(name) for name in self._names}
        for name in self._names:
            self._configure(name, before[name] | variables)
        try:
            yield
        finally:
            for name in self._names:
                self._configure(name, before[name])

    def _variables(self, name: str) -> dict[str, str]:
        return self._lambda.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def _configure(self, name: str, variables: dict[str, str]) -> None:
        self._lambda.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        self._lambda.get_waiter("function_updated_v2").wait(FunctionName=name)
