"""A stage that an emulator cannot do is shown by the error that it answered, and never by a figure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil

from benchmarks.peer import EXECUTION, START, STARTED
from benchmarks.peers import table
from tests.benchmarks.conftest import ROOT

_REFUSES = f"""#!{sys.executable}
import http.server, os, pathlib

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_error(501, "Not implemented")
    do_POST = do_GET

pathlib.Path(__file__).with_suffix(".pid").write_text(str(os.getpid()))
http.server.HTTPServer((os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"])), Handler).serve_forever()
"""


def test_the_first_refusal_ends_the_run_and_what_was_started(tmp_path: Path) -> None:
    program = tmp_path / "emulator"
    program.write_text(_REFUSES)
    program.chmod(0o755)
    command = [sys.executable, "-m", "benchmarks.peer", "another", str(program)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    told = json.loads(done.stdout)
    assert told["refused"].keys() == {START}
    assert "501" in told["refused"][START]
    assert not psutil.pid_exists(int(program.with_suffix(".pid").read_text()))


def test_the_table_has_each_stage_or_says_that_it_was_refused() -> None:
    figures = {"wall": 21.34, "cpu": 9.87, "peak_mb": 412}
    error = "waited 15 s\n  for `an execution`"
    lines = list(
        table(
            [
                {"name": "theirs", "seconds": {START: 1.0}, "refused": {STARTED: error}, **figures},
                {"name": "ours", "seconds": {START: 2.5, EXECUTION: 2.0}, "refused": {}, **figures},
            ]
        )
    )
    assert "| start | 1.00 | 2.50 |" in lines
    assert f"| {STARTED} | refused |  |" in lines
    assert "| execution |  | 2.00 |" in lines
    assert "| its CPU | 9.9 | 9.9 |" in lines
    assert f"- theirs, {STARTED}: `waited 15 s for 'an execution'`" in lines
