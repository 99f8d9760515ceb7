"""Runs the acceptance against defects, several at a time, each in a copy and an account of its own."""

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

from defects import sessions
from defects.catalogue_reader import ROOT, Defect
from defects.outcome import Outcome, outcome
from defects.pipeline_copy import copied
from steps.suite.feature_tags import OWN_COMMAND, OWN_EXECUTION, features
from steps.suite.reports import left_in
from steps.verdict import checklist

_WITHOUT = [f"-pno:{plugin}" for plugin in ("cacheprovider", "hypothesispytest", "xdist")]
_PATIENCE = 420
"""Seconds after which a session is given up; a defect may make every wait as long as it can get."""
_MEMORY, _ROOM = Path("/dev/shm"), 2 << 30
"""Where files are kept in memory, and the bytes that have to be free there."""


def in_memory() -> None:
    """Has sessions write to memory where it has room: each makes thousands of files that live for seconds."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    found = os.statvfs(_MEMORY)
    if found.f_bavail * found.f_frsize >= _ROOM and not found.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(_MEMORY)


def run_all(defects: dict[str, Defect], *, at_once: int, keep: Path | None = None) -> Iterator[Outcome]:
    """The outcome of each defect as it comes; `keep` is where the sessions' reports stay."""
    with ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(run, name, defect, keep) for name, defect in defects.items()]
        try:
            for done in as_completed(running):
                yield done.result()
        finally:
            for session in multiprocessing.active_children():
                _interrupt(session)
            pool.shutdown(wait=True, cancel_futures=True)


def run(name: str, defect: Defect, keep: Path | None = None) -> Outcome:
    """Makes the defect and lets the acceptance judge it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        system = copied(defect.edits, Path(folder) / "system_under_test")
        return accepted(name, [f"--system-under-test={system}", *_arguments(defect)], keep)


def accepted(name: str, arguments: Iterable[str], keep: Path | None = None) -> Outcome:
    """What a session with these arguments comes to; its reports stay in the folder `name` of `keep`."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        reports = (keep / name).resolve() if keep else Path(folder)
        reports.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        ended = _session(["-m", "local", f"--reports={reports}", *arguments], reports / "output.txt")
        file = left_in(reports)
        verdict = json.loads(file.read_text("utf-8")) if file.is_file() else None
        if verdict is None:
            ended = ended or " ".join((reports / "output.txt").read_text("utf-8").split()[-30:])
        return outcome(name, round(time.monotonic() - began, 1), verdict, ended)


def _arguments(defect: Defect) -> Iterable[str]:
    if not _before_the_run(defect):
        yield "--no-gate"
    for seam, told in (("--after-deploy", defect.after_deploy), ("--after-run", defect.after_run)):
        if told:
            yield f"{seam}={shlex.join([sys.executable, '-m', 'defects.sabotage', *told])}"
    # They cost as much as all the others, and of a defect that names none of their lines they have nothing to say.
    for feature, lines in features(OWN_EXECUTION, OWN_COMMAND).items():
        if not lines & set(defect.items):
            yield f"--deselect={feature.relative_to(ROOT)}"


def _before_the_run(defect: Defect) -> bool:
    """Whether the gate notices: then nothing has to be delivered, which is most of what a session costs."""
    lines = checklist.read()
    return all(lines[id].phase == "precondition" for id in defect.items)


def _session(arguments: Iterable[str], output: Path) -> str:
    """How the session ended, in words, where not by itself."""
    session = sessions.begin([*_WITHOUT, *arguments], output, ROOT)
    session.join(_PATIENCE)
    if session.exitcode is not None:
        return ""
    _interrupt(session)
    session.join()
    return f"given up after {_PATIENCE} s"


def _interrupt(session: BaseProcess) -> None:
    """As Ctrl-C does: it clears up behind itself."""
    if session.pid and session.exitcode is None:
        with suppress(ProcessLookupError):
            os.kill(session.pid, signal.SIGINT)
