"""Acceptance sessions in processes forked from one that has imported what each would spend half of its CPU time on."""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from mutants.catalogue import ROOT
from steps.ahead import ACCOUNT

_IMPORTED = (
    *("boto3", "s3transfer", "psycopg", "tenacity", "jinja2", "pydantic", "jsonschema", "yaml", "mako.template"),
    *("allure_commons", "gherkin.parser", "parse_type", "packaging.requirements", "dateutil.parser"),
    *("samtranslator.parser.parser", "samtranslator.translator.translator"),
)
"""No plug-in of pytest: it would find that it can rewrite their asserts no more."""
_SERVICES = {
    *("sts", "s3", "dynamodb", "events", "stepfunctions", "lambda", "logs", "secretsmanager", "rds", "ec2", "iam"),
    *("cloudformation", "cloudwatch"),
}
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([f"{__package__}.preloaded"])


def begin(arguments: Sequence[str], output: Path, folder: Path) -> BaseProcess:
    """`python -m pytest` with `arguments` in `folder`, a session of its own, all that it says in the file `output`."""
    process = _FORKS.Process(target=_session, args=(list(arguments), output, folder))
    process.start()
    return process


def import_ahead() -> None:
    """What is common to all sessions."""
    from local_aws import warm
    from local_aws.child.installed import Models
    from steps.targets.deploy import packages

    for name in _IMPORTED:
        importlib.import_module(name)
    warm.import_ahead(ACCOUNT)
    packages.build(ROOT / "system_under_test" / "template.yaml", bucket="any")  # which keeps its layer of requirements
    Models().read(_SERVICES)
    gc.freeze()  # collecting in the forked would copy what they share


def _session(arguments: list[str], output: Path, folder: Path) -> None:
    from local_aws import LocalAws, warm

    os.setsid()
    with output.open("w") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    os.chdir(folder)
    sys.path.insert(0, "")  # as `python -m` has it
    sys.argv = ["pytest", *arguments]
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        del os.environ[name]
    LocalAws.begin = warm.Ahead(ACCOUNT).begin
    import pytest

    sys.exit(pytest.main(arguments))
