"""The commands, run in the process of the tests."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from commands.__main__ import main

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
