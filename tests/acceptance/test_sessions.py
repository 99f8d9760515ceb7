"""What a session leaves behind, whatever becomes of it: its verdict, its exit code, and nothing that runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema
import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from commands.__main__ import main as commands
from steps.reporting import nights
from steps.suite.reports import left_in
from steps.verdict import checklist
from tests.acceptance.conftest import ROOT, Accept, command, environment, meddle

RUN = ("features/3_run", "features/4_success")
"""What looks at the run alone, in less time than a whole session takes."""
SCHEMA = json.loads((ROOT / "docs" / "verdict.schema.json").read_text("utf-8"))


def test_a_clean_run_is_go(accept: Accept, tmp_path: Path):
    private, public = _keys(tmp_path)
    session = accept(f"--sign-key={private}")
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
    assert re.search(r"Process the chunks, \d+ of 10 chunks", session.output)
    for sheet in ("checklist.html", "checklist.md"):
        assert verdict["run"]["version_id"] in (tmp_path / "reports" / sheet).read_text("utf-8")
    attested = str(tmp_path / "reports" / "attestation.json")
    assert commands(["verify", attested, f"--public-key={public}"]) == 0
    other = shutil.copytree(ROOT / "system_under_test", tmp_path / "another")
    (other / "statemachine.asl.json").write_text("{}")
    assert commands(["verify", attested, f"--system-under-test={other}"]) == 1
    ((night,), faults) = nights.read(tmp_path / "reports" / nights.FILE)
    assert (night.verdict, night.passed, night.date, faults) == ("GO", len(checklist.read()), verdict["started"], [])


def _keys(folder: Path) -> tuple[Path, Path]:
    """A private and its public key, as PEM files."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / "key.pem", folder / "key.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


def test_a_key_that_cannot_sign_is_a_usage_error(accept: Accept, tmp_path: Path):
    session = accept(f"--sign-key={tmp_path / 'nowhere.pem'}")
    assert session.exit == 4, session
    assert "nowhere.pem cannot sign" in session.output


def test_a_session_that_starts_by_hand_says_nothing_of_the_upload(accept: Accept):
    session = accept("--start=manually", *RUN)
    assert session.items("failed") | session.items("broken") == set(), session
    assert {"RUN-01", "SFN-01", "AUR-03"} <= session.items("passed"), session
    assert session.verdict["items"]["RUN-02"]["status"] == "not-checked"
    assert "as --start=manually wants" in session.verdict["items"]["RUN-02"]["reason"]
    assert session.verdict["run"]["started_by"] == "manual"


def test_faults_and_bad_files_are_no_acceptance(accept: Accept):
    session = accept("-k", "dies_after_its_commit", mark=("-m", "robustness"))
    assert (session.exit, session.verdict["verdict"], session.verdict["complete"]) == (0, "UNKNOWN", False), session
    assert "no verdict" in session.output


def test_two_sessions_side_by_side_do_not_meet(accept: Accept, tmp_path: Path):
    with ThreadPoolExecutor() as both:
        other = both.submit(
            subprocess.run,
            command(tmp_path / "other", "-m", "local", *RUN),
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert accept(*RUN).exit == 0
    assert other.result().returncode == 0, other.result().stdout


def test_a_python_that_leaves_out_assert_judges_the_same(tmp_path: Path):
    line = command(tmp_path, "-m", "local", "features/4_success/statistics.feature")
    variables = environment() | {"PYTHONOPTIMIZE": "1"}
    done = subprocess.run(line, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    items = json.loads(left_in(tmp_path).read_text("utf-8"))["items"]
    assert {items[id]["status"] for id in ("AUR-01", "AUR-02", "AUR-03")} == {"passed"}


def test_a_part_of_a_session_is_no_verdict(accept: Accept):
    session = accept("-k", "agreed_name")
    assert (session.exit, session.verdict["verdict"], session.verdict["complete"]) == (0, "UNKNOWN", False)
    assert session.verdict["items"]["FIL-01"]["status"] == "passed"
    assert session.verdict["items"]["SFN-01"]["reason"] == "its scenario did not run in this session"


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        ((), "No target is named"),
        (("-m", "local", "--target=moon"), "invalid choice: 'moon'"),
    ],
)
def test_a_session_that_cannot_know_where_to_run_is_a_usage_error(accept: Accept, mark, says):
    session = accept(mark=mark)
    assert session.exit == 4
    assert says in session.output


def test_waivers_that_cannot_be_honoured_are_a_usage_error(accept: Accept, tmp_path: Path):
    file = tmp_path / "waivers.toml"
    file.write_text('[[waiver]]\nitem = "SFN-99"\nreason = "?"\nwho = "?"\nexpires = 2020-01-01\n')
    session = accept(f"--waivers={file}")
    assert session.exit == 4
    assert "SFN-99: the checklist has no such line" in session.output
    assert "SFN-99: it expired on 2020-01-01" in session.output


def test_the_reports_of_another_run_are_not_written_over(accept: Accept, tmp_path: Path):
    with running_session(tmp_path / "reports") as first:
        session = accept()
        assert session.exit == 4
        assert "Another run is writing to" in session.output
        assert first.poll() is None


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "template.yaml does not exist"),
        ({"template.yaml": "Resources: ["}, "template.yaml is not valid YAML"),
        ({"template.yaml": "Resources: {A: {Type: 'AWS::Fun::Thing'}}"}, "AWS::Fun::Thing"),
    ],
)
def test_what_cannot_be_deployed_is_broken_and_not_failed(accept: Accept, tmp_path: Path, files, says):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    session = accept(f"--system-under-test={tmp_path}", "features/1_precondition/file.feature", *RUN)
    assert (session.exit, session.verdict["verdict"]) == (1, "UNKNOWN"), session
    assert session.items("passed") == {"FIL-01", "FIL-02", "FIL-03"}
    assert session.items("failed") == set()
    assert says in session.verdict["items"]["SFN-01"]["reason"]
    assert "remedy:" in session.verdict["items"]["SFN-01"]["reason"]
    assert [each["id"] for each in session.verdict["diagnoses"]] == ["pipeline-not-deployed"]
    assert "1 failed, 3 passed" in session.output, session
    assert "broken likewise" in session.output, session


def test_a_command_at_a_seam_that_fails_is_broken_and_says_what_it_said(accept: Accept):
    session = accept("--after-deploy=echo it is not there >&2; exit 3", *RUN)
    assert (session.exit, session.items("failed")) == (1, set()), session
    assert "ended with 3" in session.verdict["items"]["RUN-01"]["reason"]
    assert "it is not there" in session.verdict["items"]["RUN-01"]["reason"]


@pytest.mark.parametrize("seam", ["after-deploy", "after-run"])
def test_a_postgres_that_dies_is_broken_and_not_failed(accept: Accept, seam: str):
    session = accept(f"--{seam}={meddle('stop_postgres')}", *RUN, "features/6_risk/connection_tests.feature")
    assert (session.exit, session.items("failed")) == (1, set()), session
    assert "CTM-01" in session.items("broken")
    assert "SFN-01" in session.items("broken")
    reason = session.verdict["items"]["AUR-02"]["reason"]
    assert reason.startswith("EnvironmentBroken: The PostgreSQL of the embedded AWS does not answer any more.")
    assert "remedy:" in reason


def test_a_failed_precondition_keeps_the_run_from_starting(accept: Accept, tmp_path: Path):
    (tmp_path / "sql").mkdir()
    registering = (ROOT / "sql" / "test_users.sql").read_text("utf-8")
    (tmp_path / "sql" / "test_users.sql").write_text(
        registering.replace("ON CONFLICT", "WHERE user_id <> 'U00100' ON CONFLICT")
    )
    for part in ("template.yaml", "data.yaml", "statemachine.asl.json", "functions", "layers"):
        (tmp_path / part).symlink_to(ROOT / "system_under_test" / part)
    session = accept(f"--system-under-test={tmp_path}")
    assert session.verdict["verdict"] == "NO-GO", session
    assert session.items("failed") == {"DAT-02", "DAT-03", "DAT-04"}
    assert session.items("broken") == set(), session
    assert session.verdict["run"]["started_by"] == "none"
    assert "not started, because of DAT-02, DAT-03, DAT-04" in session.verdict["items"]["SFN-01"]["reason"]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whoever_ends_a_session_finds_nothing_left(tmp_path: Path, ending: signal.Signals):
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
    """Its command line; none where it has ended meanwhile."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


class running_session:  # noqa: N801
    """A session that has its environment up and waits there, killed at the block's end where it still runs."""

    def __init__(self, reports: Path) -> None:
        self._reports = reports

    def __enter__(self) -> subprocess.Popen[bytes]:
        flag = self._reports.with_name("up")
        wait = f"--after-deploy=touch '{flag}'; while kill -0 $PPID; do sleep 0.1; done"
        self._session = subprocess.Popen(
            command(self._reports, "-m", "local", wait),
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
        )
        deadline = time.monotonic() + 90
        while not flag.exists():
            assert self._session.poll() is None, "the session ended before its environment was up"
            assert time.monotonic() < deadline, "waited 90 s for the environment to be up"
            time.sleep(0.1)
        return self._session

    def __exit__(self, *_: object) -> None:
        family = psutil.Process(self._session.pid).children(recursive=True) if self._session.poll() is None else []
        self._session.kill()
        self._session.wait()
        psutil.wait_procs(family, timeout=60)
