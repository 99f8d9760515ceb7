"""The origin of a verdict: the suite's version, the versions of its dependencies, and who ran it."""

from __future__ import annotations

import getpass
import os
import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import version

from steps.paths import ROOT
from steps.verdict.model import Suite, Tester

SUITE_VERSION = "0.1.0"
_PACKAGES = ("pytest", "pytest-bdd", "boto3", "moto", "psycopg")
"""Dependencies that can affect a verdict."""


def suite() -> Suite:
    """Return the versions of the suite and its dependencies, and git's commit and dirty state (None without git)."""

    def git(*arguments: str) -> str | None:
        if not (ROOT / ".git").exists():  # an installed suite lies in a virtual environment, maybe within a repository
            return None
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ
            )
        except (OSError, subprocess.CalledProcessError):
            return None
        return done.stdout.strip()

    changes = git("status", "--porcelain")
    return Suite(
        version=SUITE_VERSION,
        commit=git("rev-parse", "HEAD"),
        dirty=None if changes is None else bool(changes),
        versions={"Python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
    )


def by(environ: Mapping[str, str]) -> Tester:
    """Return who ran the session, GitHub's actor or else the local user, and the URL of the CI run, if any."""
    if environ.get("GITHUB_ACTIONS") == "true":
        who = environ.get("GITHUB_TRIGGERING_ACTOR") or environ.get("GITHUB_ACTOR")
        server, repository, run = (environ.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
        page = f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None
        return Tester(name=f"{who or 'unknown'}, GitHub Actions", url=page)
    try:
        return Tester(name=getpass.getuser(), url=None)
    except (OSError, KeyError, ImportError):  # the user id has no name, as in some containers
        return Tester(name=f"user {os.getuid()}", url=None)
