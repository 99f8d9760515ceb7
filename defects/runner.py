"""Runs the acceptance against defects, several at a time, each with its own copy of the pipeline and embedded AWS."""

from __future__ import annotations

import json
import multiprocessing
import os
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from defects import sessions
from defects.catalogue_reader import Defect
from defects.outcome import Outcome, outcome
from defects.pipeline_copy import copied
from steps.paths import ROOT
from steps.suite.reports import left_in
from steps.verdict import checklist

_WITHOUT = [f"-pno:{plugin}" for plugin in ("cacheprovider", "hypothesispytest", "xdist")]
PATIENCE, LONGEST = {"local": 420}, 3600
"""Seconds after which a session is given up, by its mark; a defect may let every wait run into its time limit."""
_MEMORY, _ROOM = Path("/dev/shm"), 2 << 30
"""The file system in memory, and the bytes that have to be free there."""


def in_memory() -> None:
    """Set TMPDIR to memory if it has room, since each session makes thousands of files that live for seconds."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    found = os.statvfs(_MEMORY)
    if found.f_bavail * found.f_frsize >= _ROOM and not found.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(_MEMORY)


def run_all(defects: dict[str, Defect], *, at_once: int, keep: Path | None = None) -> Iterator[Outcome]:
    """Yield the outcome of each defect as soon as it is known; `keep`: the folder in which to keep the reports."""
    with ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(run, name, defect, keep) for name, defect in defects.items()]
        try:
            for done in as_completed(running):
                yield done.result()
        finally:
            interrupt_all()
            pool.shutdown(wait=True, cancel_futures=True)


def run(name: str, defect: Defect, keep: Path | None = None) -> Outcome:
    """Run the acceptance of a pipeline copy with the defect."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        system = copied(defect.edits, Path(folder) / "system_under_test")
        return accepted(name, [f"--system-under-test={system}", *_arguments(defect)], keep)


def accepted(name: str, arguments: Iterable[str], keep: Path | None = None) -> Outcome:
    """Run a session with these arguments and return its outcome; its reports are kept in `keep`/`name`."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        began = time.monotonic()
        verdict, ended = run_session(["-m", "local", *arguments], (keep / name).resolve() if keep else Path(folder))
        return outcome(name, round(time.monotonic() - began, 1), verdict, ended)


def run_session(
    arguments: Iterable[str], reports: Path, patience: float = PATIENCE["local"]
) -> tuple[dict[str, Any] | None, str]:
    """Run a session and return its verdict, None if it left none, and its abnormal end in words, if any."""
    reports.mkdir(parents=True, exist_ok=True)
    ended = _session([*arguments, f"--reports={reports}"], reports / "output.txt", patience)
    file = left_in(reports)
    if file.is_file():
        return json.loads(file.read_text("utf-8")), ended
    return None, ended or " ".join((reports / "output.txt").read_text("utf-8").split()[-30:])


def interrupt_all() -> None:
    """Interrupt all running sessions, so that they clean up."""
    for session in multiprocessing.active_children():
        _interrupt(session)


def _arguments(defect: Defect) -> Iterable[str]:
    if not _before_the_run(defect):
        yield "--no-gate"
    for seam, told in (("--after-deploy", defect.after_deploy), ("--after-run", defect.after_run)):
        if told:
            yield f"{seam}={shlex.join([sys.executable, '-m', 'defects.sabotage', *told])}"


def _before_the_run(defect: Defect) -> bool:
    """True if only preconditions have to notice: the gate then prevents the delivery, the longest part of a session."""
    lines = checklist.read()
    return all(lines[id].phase == "precondition" for id in defect.items)


def _session(arguments: Iterable[str], output: Path, patience: float) -> str:
    """Run the session; return a text if it was given up, else ""."""
    session = sessions.begin([*_WITHOUT, *arguments], output, ROOT)
    session.join(patience)
    if session.exitcode is not None:
        return ""
    _interrupt(session)
    session.join()
    return f"given up after {patience:g} s"


def _interrupt(session: BaseProcess) -> None:
    """Interrupt the session like Ctrl-C, so that it cleans up."""
    if session.pid and session.exitcode is None:
        with suppress(ProcessLookupError):
            os.kill(session.pid, signal.SIGINT)
