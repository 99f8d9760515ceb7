"""Starts a session of the suite in given surroundings."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.acceptance.conftest import ROOT, command
from tests.surroundings.table import Surroundings

_NEEDED = ("PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH")
"""All else of this process's variables is left out: its session has isolated it."""


@contextmanager
def home(surroundings: Surroundings) -> Iterator[Path]:
    """The folder that is HOME there; every user can enter it, since PostgreSQL may run as another."""
    with tempfile.TemporaryDirectory(prefix="home-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        for name, text in surroundings.files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)
        (place / surroundings.folder).mkdir(parents=True, exist_ok=True)
        yield place


def session(surroundings: Surroundings, reports: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`pytest -m local` there, with these arguments."""
    with home(surroundings) as place:
        variables = {name: value.replace("{home}", str(place)) for name, value in surroundings.variables.items()}
        where = ("-c", ROOT / "pyproject.toml", f"--rootdir={ROOT}")
        return subprocess.run(
            command(reports, "-m", "local", *where, *arguments),
            cwd=place / surroundings.folder if surroundings.inside else ROOT,
            env={name: os.environ[name] for name in _NEEDED if name in os.environ} | {"HOME": str(place)} | variables,
            umask=surroundings.umask,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=300,
        )


def verdict_in(reports: Path) -> dict[str, Any]:
    """The verdict that a session has left in its folder, whether it was a whole one or a part."""
    (file,) = reports.rglob("verdict.json")
    return dict(json.loads(file.read_text("utf-8")))
