"""The diagnosis of a file that failed for another reason than expected, or of records with other fates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from steps.drivers.execution_history import iterations
from steps.drivers.step_functions import Run
from steps.results.execution import diagnose_failure, project_seconds
from steps.results.reconciliation import Fate
from steps.results.rejections import diagnose_rejections

AT = datetime(2026, 8, 7, 12, tzinfo=UTC)
RUN = Run("arn:any", "SUCCEEDED", AT, AT, None, None, {}, {}, [], "")
DUE = {(82, "U1"): "UserNotFoundError", (83, "U2"): "UserInactiveError"}
TOLERATED = "4 of 93 records are rejected, more than the 0.05 % tolerated: 2 of 93 UserNotFoundError"


def failed(error: str, cause: str = "") -> Run:
    return replace(RUN, status="FAILED", error=error, cause=cause)


@pytest.mark.parametrize(
    ("run", "got", "diagnosis"),
    [
        (RUN, {(82, "U1"): "UserNotFoundError"}, "fate-wrong"),
        (RUN, DUE | {(9, "U9"): "ValidationError"}, "fate-wrong"),
        (
            failed("ProcessingError", "90 of 93 records are rejected"),
            DUE | {(9, "U9"): "ValidationError"},
            "fate-wrong",
        ),
        (failed("NumericValueOutOfRange", "bigint out of range"), {}, "fate-wrong"),
        (failed("ProcessingError", TOLERATED), DUE, "environment-variable-wrong"),
        (failed("ValidationError", "the header is 'a'"), {}, "file-rejected"),
    ],
)
def test_records_that_are_rejected_otherwise_than_they_have_to_be(run: Run, got: dict, diagnosis: str):
    assert [each.diagnosis for each in diagnose_rejections(run, got, DUE)] == [diagnosis]


@pytest.mark.parametrize(
    ("wrong", "diagnosis"),
    [
        (Fate(2, "U9", "altered", {}), "records-altered"),
        (Fate(83, "U2", "lost", {}), "records-lost"),
        (Fate(83, "U2", "altered", {}), "fate-wrong"),
        (Fate(7, "U7", "lost", {}), "fate-wrong"),
    ],
)
def test_why_a_rejection_may_be_missing(wrong: Fate, diagnosis: str):
    found = diagnose_rejections(RUN, {(82, "U1"): "UserNotFoundError"}, DUE, [wrong])
    assert [each.diagnosis for each in found] == [diagnosis]


def test_records_that_are_rejected_as_they_have_to_be_point_to_nothing():
    assert diagnose_rejections(RUN, DUE, DUE) == []


@pytest.mark.parametrize(
    ("run", "diagnosis"),
    [
        (RUN, "error-swallowed"),
        (failed("PipelineFailed", "See the logs."), "error-nameless"),
        (failed("SettingsError", "1 environment variables are missing or malformed."), "error-nameless"),
        (failed("AccessDenied", "not authorized to perform: s3:GetObject"), "permission-missing"),
    ],
)
def test_a_file_that_fails_otherwise_than_it_has_to(run: Run, diagnosis: str):
    assert [each.diagnosis for each in diagnose_failure(run, "SettingsError")] == [diagnosis]


def test_what_the_pipeline_finds_wrong_with_itself_is_not_nameless():
    (found,) = diagnose_failure(failed("ProcessingError", "only 0 of 10 chunks are done"), "ProcessingError")
    assert found.diagnosis == "chunk-lost"


def test_iterations_and_what_the_largest_file_would_take_at_their_pace():
    def iteration(index: int, began: float, ended: float) -> list[dict[str, Any]]:
        return [
            {
                "type": f"MapIteration{what}",
                "timestamp": AT + timedelta(seconds=at),
                f"mapIteration{what}EventDetails": {"index": index},
            }
            for what, at in (("Started", began), ("Succeeded", ended))
        ]

    spans = iterations([*iteration(1, 2, 5), *iteration(0, 1, 2)])
    assert [(ended - began).total_seconds() for began, ended in spans] == [3.0, 1.0]
    assert project_seconds(10.0, spans) == pytest.approx(6.0 + 2.0 * 200 / 5)
