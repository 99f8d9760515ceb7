"""Has the embedded AWS start ahead of all else: to import the suite and collect its scenarios takes as long."""

from __future__ import annotations

import gc
from shlex import quote

import pytest

from steps.drivers.names import Names
from steps.targets.launch import Starting, launch

ACCOUNT = "000000000000"
_starting = pytest.StashKey[tuple[str, Starting]]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """The first that pytest calls of a plug-in of conftest.py: our options are unknown yet, but -m is told."""
    gc.set_threshold(50_000)  # a session's objects live about as long as it does
    config = pluginmanager.getplugin("pytestconfig")
    told = config.known_args_namespace
    elsewhere = any(str(each).startswith("--target") for each in config.invocation_params.args)
    wanted = told.markexpr.strip() in ("local", "robustness") and not elsewhere
    if wanted and not (told.collectonly or told.help or told.version):
        launched(config, Names(ACCOUNT))


def launched(config: pytest.Config, names: Names) -> Starting:
    """The embedded AWS of this session, on its way, in the region of `names`; one in another region gives way to it."""
    region, starting = config.stash.get(_starting, (None, None))
    if starting is not None and region == names.region:
        return starting
    if starting is not None:
        starting.stop()
    config.stash[_starting] = names.region, launch(names)
    return config.stash[_starting][1]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the embedded AWS, used or not, after the verdict is told; with --keep it says how to reach it instead."""
    gc.freeze()  # Python would look for garbage several times as it ends
    _, starting = config.stash.get(_starting, (None, None))
    if starting is None:
        return
    if not config.option.keep or isinstance(aws := starting.outcome, Exception):
        starting.stop()
        return
    terminal = config.pluginmanager.getplugin("terminalreporter")
    terminal.write_line(aws.keep())
    for name, value in aws.environment.items():
        terminal.write_line(f"export {name}={quote(value)}")
