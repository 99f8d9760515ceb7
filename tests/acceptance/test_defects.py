"""Faults, each really made, each turning the right lines to NO, and the likely ones named first."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT, Accept, meddle

FOLDERS = {
    **dict.fromkeys(("INF", "LAM", "EVB", "KNO", "FIL"), "features/1_precondition"),
    "DAT": "features/6_risk/unknown_users.feature",
    **dict.fromkeys(("GAT", "RUN"), "features/3_run"),
    **dict.fromkeys(("SFN", "AUR", "DDB", "LOG"), "features/4_success"),
    "PRF": "features/5_performance",
    "CTM": "features/6_risk/manual_start.feature",
    "MON": "features/7_monitoring",
    "PST": "features/8_post",
}
"""Where the lines of an id's first letters are claimed."""
ASL = "statemachine.asl.json"
PROCESSOR = "functions/processor"
SHARED = "layers/shared/python/csv_pipeline"
AT_ONCE = '"MaxConcurrencyPath": "$.split.max_parallel_workers"'


@dataclass(frozen=True)
class Defect:
    """How a fault is made, by patches (file, old, new) or by a command at a seam, and the lines that must fail."""

    name: str
    items: set[str]
    patches: tuple[tuple[str, str, str], ...] = ()
    after_deploy: str | None = None
    after_run: str | None = None


# A session costs half a minute: faults that show in lines of their own share one.
DEFECTS = [
    Defect(
        "two rules; a row deleted after the run",
        {"EVB-03", "RUN-02", "AUR-02", "AUR-03", "PRF-03"},
        after_deploy="double_rule",
        after_run="delete_row",
    ),
    Defect(
        "wrong key prefix; somebody else's row altered",
        {"EVB-02", "RUN-02", "AUR-03", "PRF-03"},
        patches=(("data.yaml", "wildcard: incoming/", "wildcard: incomming/"),),
        after_run="alter_bystander",
    ),
    Defect(
        "processor raising",
        {"SFN-01", "SFN-03", "AUR-01", "AUR-02", "AUR-03", "DDB-01", "DDB-03", "LOG-01", "LOG-05", "LOG-07", "PRF-03"},
        patches=(
            (
                f"{PROCESSOR}/chunk_processing.py",
                "    with services.database.session(",
                '    raise ProcessingError("planted")\n    with services.database.session(',
            ),
        ),
    ),
    Defect(
        "handler misnamed", {"KNO-02", "SFN-01", "SFN-03", "AUR-02", "LOG-06", "LOG-07"}, after_deploy="misname_handler"
    ),
    Defect("a layer missing", {"LAM-04", "KNO-02", "SFN-01", "AUR-02", "LOG-07"}, after_deploy="remove_layers"),
    Defect(
        "one chunk at a time; the batch job left RUNNING; an ERROR logged on the good way; throttled after the run",
        {"PRF-02", "DDB-03", "LOG-01", "LOG-02", "PST-03", "KNO-04", "CTM-03"},
        patches=(
            (ASL, AT_ONCE, '"MaxConcurrency": 1'),
            (f"{SHARED}/jobs.py", '"COMPLETED"', '"RUNNING"'),
            (
                f"{PROCESSOR}/ending.py",
                '    logger.info("processing completed successfully", **totals)\n',
                '    logger.info("processing completed successfully", **totals)\n    logger.error("planted")\n',
            ),
        ),
        after_run="throttle",
    ),
    Defect(
        "ten chunks at a time; sessions left open; unknown users taken for inactive; a step that dies at first",
        {"PRF-02", "MON-03", "DAT-09", "SFN-03"},
        patches=(
            (ASL, AT_ONCE, '"MaxConcurrency": 10'),
            (f"{SHARED}/database.py", "with self._open(", "if connection := self._open("),
            (f"{PROCESSOR}/merging.py", '"not_found": Reason.USER_NOT_FOUND', '"not_found": Reason.USER_INACTIVE'),
            (
                f"{PROCESSOR}/merge.py",
                "    tolerance = services",
                "    if not event.attempt:\n        __import__('os')._exit(1)\n    tolerance = services",
            ),
        ),
    ),
]


@pytest.fixture
def patched(tmp_path: Path):
    """A copy of the system under test with texts replaced, each of which has to be there once."""

    def patch(*patches: tuple[str, str, str]) -> Path:
        copy = tmp_path / "system under test"
        shutil.copytree(ROOT / "system_under_test", copy, ignore=shutil.ignore_patterns("__pycache__"))
        for file, old, new in patches:
            text = (copy / file).read_text("utf-8")
            assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
            (copy / file).write_text(text.replace(old, new), "utf-8")
        return copy

    return patch


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_turns_the_right_lines_to_no(defect: Defect, accept: Accept, patched):
    arguments = []
    if defect.patches:
        arguments.append(f"--system-under-test={patched(*defect.patches)}")
    if defect.after_deploy:
        arguments.append(f"--after-deploy={meddle(defect.after_deploy)}")
    if defect.after_run:
        arguments.append(f"--after-run={meddle(defect.after_run)}")
    folders = sorted({FOLDERS[id[:3]] for id in (*defect.items, "INF-01")})
    session = accept(*arguments, "--no-gate", *folders)
    assert session.exit == 1, session
    assert defect.items <= session.items("failed"), session
    assert not session.items("broken"), session


@pytest.mark.parametrize(
    ("fault", "line", "diagnosis", "evidence"),
    [
        ("leave_network", "LAM-02", "function-without-vpc", ["csv-splitter", "csv-processor"]),
        ("remove_variables", "KNO-01", "environment-variable-missing", ["AURORA_SECRET_ARN", "CHUNK_SIZE"]),
        ("withdraw_permission", "LAM-03", "permission-missing", ["secretsmanager:GetSecretValue"]),
        ("refuse_users", "DAT-02", "users-missing", ["wanted 100 test users"]),
        ("disable_rule", "EVB-02", "rule-disabled", ["csv-upload-dev is disabled"]),
    ],
)
def test_a_likely_fault_keeps_the_run_from_starting_and_is_named_first(
    accept: Accept, fault, line, diagnosis, evidence
):
    session = accept(f"--after-deploy={meddle(fault)}")
    assert (session.exit, session.verdict["verdict"]) == (1, "NO-GO"), session
    assert line in session.items("failed"), session
    assert session.verdict["run"]["started_by"] == "none"
    assert line in session.verdict["items"]["SFN-01"]["reason"]
    first = session.verdict["diagnoses"][0]
    assert (first["rank"], first["id"]) == (1, diagnosis), session
    assert line in first["items"]
    assert [text for text in evidence if text not in "\n".join(first["evidence"])] == []
    assert all(first[words][language] for words in ("cause", "remedy") for language in ("ja", "en"))
    assert f"1. {diagnosis}" in session.output


def test_an_upload_that_starts_nothing_is_started_by_hand_and_the_rest_is_checked(accept: Accept):
    session = accept(f"--after-deploy={meddle('disable_rule')}", FOLDERS["RUN"], FOLDERS["SFN"])
    assert session.items("failed") == {"RUN-02"}, session
    assert not session.items("broken"), session
    assert (session.verdict["run"]["started_by"], session.verdict["run"]["status"]) == ("manual", "SUCCEEDED")
    reason = session.verdict["items"]["RUN-02"]["reason"]
    assert "waited 5 s for an execution" in reason, reason


def test_a_count_altered_after_the_run_is_named_with_its_record_and_what_each_store_says(accept: Accept):
    session = accept(f"--after-run={meddle('alter_count')}", *(FOLDERS[line] for line in ("SFN", "PRF", "PST")))
    assert session.verdict["diagnoses"][0]["id"] == "records-altered", session
    assert session.items("failed") == {"AUR-03", "PRF-03", "PST-02"}, session
    (found,) = session.verdict["discrepancies"]
    assert (found["record"], found["user"], found["fate"]) == (43, "U00042", "altered")
    assert found["stores"].keys() == {"csv", "aurora", "dynamodb", "logs"}
    assert found["stores"]["aurora"][0] == found["stores"]["csv"][0] + 1
