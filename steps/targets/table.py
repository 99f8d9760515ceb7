"""The targets by their names: to add one, write its module, enter it here and in limits.toml and docs/targets.md."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from steps.targets.environment import Environment
    from steps.targets.settings import Settings
    from steps.targets.system import SystemUnderTest


@dataclass(frozen=True)
class Session:
    """The arguments of a target: the session's options, the pipeline with its settings, and its progress and phases."""

    config: pytest.Config
    system: SystemUnderTest
    settings: Settings
    report: dict[str, Any]
    """`say` and `phase`, which each target takes."""


class Target(NamedTuple):
    """A place to run: `start` returns it with the pipeline deployed."""

    start: Callable[[Session], Environment]
    is_emulator: bool = False
    """True if it is a third party's emulator of AWS, which has limits of its own."""


def _start_embedded(session: Session) -> Environment:
    from steps.targets.embedded import embedded
    from steps.targets.embedded_start import ACCOUNT, launch_for

    names = session.settings.names_in(ACCOUNT)
    starting = launch_for(session.config, names)
    return embedded(starting, session.system, names=names, test_users=session.settings.users, **session.report)


def _start_localstack(session: Session) -> Environment:
    from steps.targets.localstack import localstack

    running, terminal = ExitStack(), session.config.pluginmanager.getplugin("terminalreporter")
    session.config.add_cleanup(running.close)
    keep = terminal.write_line if session.config.option.keep else None
    return localstack(session.settings, session.system, os.environ, running, keep=keep, **session.report)


def _find_endpoint(session: Session) -> Environment:
    from steps.targets.endpoint import endpoint

    option = session.config.option
    return endpoint(option.endpoint_url, option.database_url, session.settings, session.system, **session.report)


def _find_aws_dev(session: Session) -> Environment:
    from steps.targets.aws_dev import aws_dev

    url = session.config.option.database_url or os.environ.get("DATABASE_URL")
    return aws_dev(session.settings, session.system, database_url=url, **session.report)


TARGETS = {
    "embedded": Target(_start_embedded),
    "localstack": Target(_start_localstack, is_emulator=True),
    "endpoint": Target(_find_endpoint, is_emulator=True),
    "aws-dev": Target(_find_aws_dev),
}
