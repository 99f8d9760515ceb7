"""Runs sessions in processes forked from one that has done the imports.

Each session would otherwise spend 0.8 s of CPU on libraries, 2.1 s on moto and 1.2 s on building the requirements
layer (2 cores, Python 3.11, 2026-11-28).
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from steps.paths import ROOT
from steps.targets.embedded_start import ACCOUNT

_IMPORTED = (
    *("boto3", "s3transfer", "psycopg", "tenacity", "jinja2", "pydantic", "jsonschema", "yaml", "mako.template"),
    *("allure_commons", "gherkin.parser", "parse_type", "packaging.requirements", "dateutil.parser"),
    *("samtranslator.parser.parser", "samtranslator.translator.translator"),
)
"""Contains no pytest plug-ins: pytest could no longer rewrite their asserts."""
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([f"{__package__}.preloaded"])


def begin(arguments: Sequence[str], output: Path, folder: Path) -> BaseProcess:
    """Start `python -m pytest` with `arguments` in `folder`, in a process group of its own, with output to `output`."""
    process = _FORKS.Process(target=_session, args=(list(arguments), output, folder, dict(os.environ)))
    process.start()
    return process


def import_ahead() -> None:
    """Import and prepare, once, what all sessions need."""
    from local_aws import warm
    from steps.cloudformation import packages

    for name in _IMPORTED:
        importlib.import_module(name)
    warm.import_ahead(ACCOUNT)
    # Builds the requirements layer of a thousand files, and keeps it; most defects change neither layer.
    packages.build(ROOT / "system_under_test" / "template.yaml", bucket="any")


def _session(arguments: list[str], output: Path, folder: Path, environment: dict[str, str]) -> None:
    from local_aws import LocalAws, surroundings, warm

    surroundings.adopt(environment)  # the server of the forks has the variables of the first session
    os.setsid()
    with output.open("w") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    os.chdir(folder)
    sys.path.insert(0, "")  # as `python -m` does
    sys.argv = ["pytest", *arguments]
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        del os.environ[name]
    LocalAws.begin = warm.prepare()
    import pytest

    sys.exit(pytest.main(arguments))
