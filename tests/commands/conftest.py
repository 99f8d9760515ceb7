"""The commands, and the reference pipeline in an embedded AWS, for those who ask its services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from subprocess import CompletedProcess

import pytest

from commands.__main__ import main
from steps.targets.environment import Environment
from tests.steps.reference import reference_pipeline

Command = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Does in this process as `python -m commands` does, with these environment variables besides its own."""

    def run(*arguments: str, **variables: str) -> CompletedProcess[str]:
        with monkeypatch.context() as environment:
            for name, value in variables.items():
                environment.setenv(name, value)
            try:
                code = main(arguments)
            except SystemExit as ended:
                code = int(str(ended.code))
        return CompletedProcess(arguments, code, *capsys.readouterr())

    return run


@pytest.fixture(scope="package")
def environment() -> Iterator[Environment]:
    with reference_pipeline() as environment:
        yield environment
