"""A session leaves a verdict, an exit code and no process, however it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commands.__main__ import main as commands
from steps.drivers.waiting import eventually
from steps.reporting import nights
from steps.verdict import checklist
from steps.verdict.words import Words
from tests.acceptance.conftest import ROOT, Accept, command, environment
from tests.steps.attestation.test_attestation import write_keys
from tests.steps.reporting.sentences import find_faults

RUN = ("features/2_run", "features/3_success")
"""The features of the run alone, which take less time than a whole session."""
DISABLE_RULE = "import boto3; boto3.client('events').disable_rule(Name='csv-parallel-processing-csv-upload-dev')"
KILL_POSTGRES = """
import os, psycopg
(folder,) = psycopg.connect(os.environ['DATABASE_URL']).execute('SHOW data_directory').fetchone()
os.kill(int(open(folder + '/postmaster.pid').readline()), 9)
"""
SCHEMA = json.loads((ROOT / "docs" / "verdict.schema.json").read_text("utf-8"))


def test_a_clean_run_is_go(accept: Accept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    private, public = write_keys(Ed25519PrivateKey.generate(), tmp_path)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    session = accept(f"--sign-key={private}", f"--junitxml={tmp_path / 'junit.xml'}")
    verdict = session.verdict
    jsonschema.validate(verdict, SCHEMA)
    assert (session.exit, verdict["verdict"], verdict["complete"]) == (0, "GO", True), session
    assert verdict["items"].keys() == checklist.read().keys()
    assert session.items("passed") == set(verdict["scope"])
    assert verdict["run"]["started_by"] == "event"
    assert 1 < verdict["measured"]["peak_chunks"] <= 5
    assert all(control["found"] for item in verdict["items"].values() for control in item["controls"])
    assert set(verdict["scope"]) == set(verdict["items"])
    assert {item["mode"] for item in verdict["items"].values()} == {"live"}
    told = {id: [*find_faults(Words(**item["found"]))] for id, item in verdict["items"].items()}
    assert {id: faults for id, faults in told.items() if faults} == {}
    assert re.search(r"Process the chunks, \d+ of 10 chunks", session.output)
    for sheet in ("checklist.html", "checklist.md"):
        assert verdict["run"]["version_id"] in (tmp_path / "reports" / sheet).read_text("utf-8")
    assert (tmp_path / "summary.md").read_bytes() == (tmp_path / "reports" / "checklist.md").read_bytes()
    claimed = {each.get("value") for each in ElementTree.parse(tmp_path / "junit.xml").iter("property")}
    assert claimed == verdict["items"].keys()
    attested = str(tmp_path / "reports" / "attestation.json")
    assert commands(["verify", attested, f"--public-key={public}"]) == 0
    other = shutil.copytree(ROOT / "system_under_test", tmp_path / "another")
    (other / "statemachine.asl.json").write_text("{}")
    assert commands(["verify", attested, f"--system-under-test={other}"]) == 1
    ((night,), faults) = nights.read(tmp_path / "reports" / nights.FILE)
    assert (night.verdict, night.passed, night.date, faults) == ("GO", len(checklist.read()), verdict["started"], [])


@pytest.mark.nightly
@pytest.mark.parametrize("region", ["cn-north-1", "eusc-de-east-1"])
def test_a_region_of_another_partition_is_go_as_well(region: str, accept: Accept, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ACCEPTANCE_REGION", region)
    session = accept()
    assert (session.exit, session.verdict["verdict"]) == (0, "GO"), session


@pytest.mark.nightly
def test_a_session_that_starts_by_hand_says_nothing_of_the_upload(accept: Accept):
    session = accept("--start=manually", *RUN)
    assert session.items("failed") | session.items("broken") == set(), session
    assert {"RUN-01", "SFN-01", "AUR-03"} <= session.items("passed"), session
    assert session.verdict["items"]["RUN-02"]["status"] == "not-checked"
    assert "as --start=manually wants" in session.verdict["items"]["RUN-02"]["reason"]
    assert session.verdict["run"]["started_by"] == "manual"


def test_an_upload_without_an_execution_is_started_by_hand_and_the_rest_is_checked(accept: Accept):
    session = accept(f"--after-deploy={python(DISABLE_RULE)}", *RUN)
    assert session.items("failed") == {"RUN-02"}, session
    assert not session.items("broken"), session
    assert (session.verdict["run"]["started_by"], session.verdict["run"]["status"]) == ("manual", "SUCCEEDED")
    assert "waited 5 s for an execution" in session.verdict["items"]["RUN-02"]["reason"]


def with_patience(folder: Path, seconds: int) -> str:
    """The option that makes a session wait so long for the execution that an upload starts."""
    told = (ROOT / "system_under_test" / "acceptance.toml").read_text("utf-8")
    (folder / "acceptance.toml").write_text(f"start_seconds = {seconds}\n{told}", "utf-8")
    return f"--settings={folder / 'acceptance.toml'}"


@pytest.mark.nightly
def test_an_event_that_comes_after_a_start_by_hand_is_recognised_as_late(accept: Accept, tmp_path: Path):
    session = accept(with_patience(tmp_path, 1), f"--after-deploy={python(delay_events(2.5))}", *RUN)
    assert session.items("failed") == {"RUN-02"}, session
    assert (session.verdict["run"]["started_by"], session.verdict["run"]["status"]) == ("manual", "SUCCEEDED")
    first = session.verdict["diagnoses"][0]
    assert first["id"] == "event-late", session
    assert re.search(r"the event has started arn:aws:states:\S+ \d+ s after the upload", first["evidence"][0])


@pytest.mark.nightly
def test_an_event_that_is_late_and_in_time_is_waited_for_and_the_reader_is_told(accept: Accept, tmp_path: Path):
    session = accept(with_patience(tmp_path, 60), f"--after-deploy={python(delay_events(11))}", *RUN)
    assert session.items("failed") | session.items("broken") == set(), session
    assert session.verdict["run"]["started_by"] == "event"
    assert "no execution within 10 s; EventBridge may be late, and has 60 s in all" in session.output


@pytest.mark.nightly
def test_an_execution_survives_functions_that_are_inactive(accept: Accept):
    states = (
        "import os; from tests.steps.reference import control; "
        "[control(os.environ, '/_functions/csv-parallel-processing-csv-' + name + '-dev/state', State='Inactive', "
        "seconds=1) for name in ('splitter', 'processor')]"
    )
    session = accept(f"--after-deploy={python(states)}", *RUN)
    assert session.exit == 0, session
    assert session.verdict["run"]["status"] == "SUCCEEDED"
    assert session.verdict["measured"]["seconds"] > 2, "no function was waited for"


def delay_events(seconds: float) -> str:
    return (
        "import os; from tests.steps.reference import control; "
        f"control(os.environ, '/_events/delay', seconds={seconds})"
    )


def python(code: str) -> str:
    """The command line that runs `code` beside the session."""
    return f"'{sys.executable}' -c \"{code}\""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "No target is named, so there is nowhere to run the scenarios.\n  remedy: say pytest -m local"),
        (("-m", "locl"), "-m locl does not name exactly one of local, aws-dev, robustness, release\n  remedy: "),
        (("--target=aws-dev",), "A session without -m aws-dev alters what is deployed, and the dev account"),
        (("--target=endpoint",), "--target=endpoint wants --endpoint-url=URL"),
        (("-m", "local", "--target=aws-dev"), "the dev account is not ours alone"),
    ],
)
def test_a_session_that_cannot_know_where_to_run_is_a_usage_error(accept: Accept, arguments, says):
    session = accept(mark=arguments)
    assert session.exit == 4
    assert says in session.output


def test_a_folder_without_a_template_is_broken_and_not_failed(accept: Accept, tmp_path: Path):
    session = accept(f"--system-under-test={tmp_path}", "features/1_precondition/file.feature", *RUN)
    assert (session.exit, session.verdict["verdict"]) == (1, "UNKNOWN"), session
    assert session.items("passed") == {"FIL-01", "FIL-02", "FIL-03"}
    assert session.items("failed") == set()
    assert "template.yaml does not exist" in session.verdict["items"]["SFN-01"]["reason"]
    assert "remedy:" in session.verdict["items"]["SFN-01"]["reason"]
    assert [each["id"] for each in session.verdict["diagnoses"]] == ["pipeline-not-deployed"]
    assert "1 failed, 3 passed" in session.output, session
    assert session.output.count("template.yaml does not exist") == 1, session
    assert "nothing else can be checked" in session.output, session


def test_a_command_at_a_seam_that_fails_is_broken_and_says_what_it_said(accept: Accept):
    session = accept("--after-deploy=echo it is not there >&2; exit 3", "features/2_run")
    assert (session.exit, session.items("failed")) == (1, set()), session
    assert "ended with 3" in session.verdict["items"]["RUN-01"]["reason"]
    assert "it is not there" in session.verdict["items"]["RUN-01"]["reason"]


@pytest.mark.parametrize("seam", ["after-deploy", pytest.param("after-run", marks=pytest.mark.nightly)])
def test_a_postgres_that_dies_is_broken_and_not_failed(accept: Accept, seam: str):
    session = accept(f"--{seam}={python(KILL_POSTGRES)}", *RUN, "features/5_risk/connection_tests.feature")
    assert (session.exit, session.items("failed")) == (1, set()), session
    assert "CTM-01" in session.items("broken")
    assert "SFN-01" in session.items("broken")
    reason = session.verdict["items"]["AUR-02"]["reason"]
    assert reason.startswith("EnvironmentBroken: The PostgreSQL of the embedded AWS does not answer any more.")
    assert "remedy:" in reason


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_an_ended_session_leaves_nothing(tmp_path: Path, ending: signal.Signals):
    with running_session(tmp_path / "reports") as session:
        family = psutil.Process(session.pid).children(recursive=True)
        folders = {argument.split("=")[-1] for p in family for argument in told(p) if "local-aws-" in argument}
        assert any("local-aws-" in folder for folder in folders)
        session.send_signal(ending)
        session.wait(60)
        _, left = psutil.wait_procs(family, timeout=60)
        assert not left, left
    assert json.loads((tmp_path / "reports" / "verdict.json").read_text())["verdict"] == "UNKNOWN"
    assert not [folder for folder in folders if Path(folder).exists()]


def test_kept_environments_say_how_to_reach_and_end_them(accept: Accept):
    session = accept("--keep", "-k", "answers")
    (pid,) = map(int, re.findall(r"until: kill (\d+)", session.output))
    try:
        assert psutil.pid_exists(pid)
        assert "export AWS_ENDPOINT_URL=" in session.output
        assert "export DATABASE_URL=" in session.output
    finally:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        os.kill(pid, signal.SIGTERM)
        assert not psutil.wait_procs(family, timeout=60)[1]


def told(process: psutil.Process) -> list[str]:
    """The command line of a process; empty if it has ended meanwhile."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


@contextmanager
def running_session(reports: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A session that has its environment up and waits there; it is killed at the block's end if it still runs."""
    flag = reports.with_name("up")
    wait = f"--after-deploy=touch '{flag}'; while kill -0 $PPID; do sleep 0.1; done"
    session = subprocess.Popen(
        command(reports, "-m", "local", wait),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
    )
    try:
        eventually(
            lambda: flag.exists() or session.poll() is not None or None,
            what="the environment to be up",
            within=90,
            seen=lambda: "no environment yet",
        )
        assert session.poll() is None, "the session ended before its environment was up"
        yield session
    finally:
        family = psutil.Process(session.pid).children(recursive=True) if session.poll() is None else []
        session.kill()
        session.wait()
        psutil.wait_procs(family, timeout=60)
