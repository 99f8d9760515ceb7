"""The command line of the defect catalogue."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil

from defects import catalogue_reader
from defects.kill_matrix import Results
from defects.outcome import Outcome
from steps.diagnoses import catalogue as diagnoses
from steps.drivers.waiting import eventually
from steps.paths import ROOT
from steps.verdict import checklist


def test_a_defect_that_is_not_there_is_said_beside_those_that_are():
    line = [sys.executable, "-m", "defects", "--defect", "no/such"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "There is no defect no/such" in done.stderr
    assert next(catalogue_reader.FOLDER.glob("*/*.toml")).stem in done.stderr


def test_a_line_that_nothing_turns_fails_the_whole_catalogue(tmp_path: Path):
    lines = checklist.read()
    defects = catalogue_reader.read(lines, diagnoses.read())
    only = {each.items[0] for each in defects.values() if len(each.items) == 1}
    never = next(id for id in lines if id not in only and any(id in each.items for each in defects.values()))
    results = Results(tmp_path / "kill-matrix.jsonl", defects)
    for name, each in defects.items():
        statuses = {id: "failed" for id in lines if id in each.items and id != never}
        results.add(Outcome(name, 1, statuses, each.diagnosis))
    line = [sys.executable, "-m", "defects", f"--reports={tmp_path}"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert f"nothing turns {never} red\n" in done.stdout
    assert f"{len(defects)} of {len(defects)} defects killed" in done.stdout
    assert done.returncode == 1


def test_nothing_is_left_running_of_a_catalogue_that_is_ended_in_the_background(tmp_path: Path):
    line = [sys.executable, "-m", "defects", "--defect=splitter/quotes", f"--keep={tmp_path}"]
    with psutil.Popen(
        line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=ignore_interrupts
    ) as catalogue:
        output = tmp_path / "splitter" / "quotes" / "output.txt"
        eventually(
            lambda: True if output.is_file() and "deployed" in output.read_text("utf-8") else None,
            what="the session to deploy",
            within=120,
        )
        begun = catalogue.children(recursive=True)
        catalogue.terminate()
    assert begun
    assert psutil.wait_procs(begun, timeout=60)[1] == []
    assert "KeyboardInterrupt" in output.read_text("utf-8")


def ignore_interrupts() -> None:
    """As a shell has the programs do that it runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
