"""Faults, each really made, that are told in a way of their own; the others are the catalogue's (defects/)."""

from __future__ import annotations

from tests.acceptance.conftest import Accept, meddle

RUN, SUCCESS, PERFORMANCE, AFTERWARDS = (
    f"features/{folder}" for folder in ("3_run", "4_success", "5_performance", "8_post")
)


def test_a_likely_fault_keeps_the_run_from_starting_and_is_named_first(accept: Accept):
    session = accept(f"--after-deploy={meddle('remove_variables')}")
    assert (session.exit, session.verdict["verdict"]) == (1, "NO-GO"), session
    assert {"KNO-01", "LAM-01", "KNO-02"} == session.items("failed"), session
    assert session.verdict["run"]["started_by"] == "none"
    assert "KNO-01" in session.verdict["items"]["SFN-01"]["reason"]
    first = session.verdict["diagnoses"][0]
    assert (first["rank"], first["id"]) == (1, "environment-variable-missing"), session
    assert "KNO-01" in first["items"]
    evidence = "\n".join(first["evidence"])
    assert "AURORA_SECRET_ARN" in evidence
    assert "CHUNK_SIZE" in evidence
    assert all(first[words][language] for words in ("cause", "remedy") for language in ("ja", "en"))
    assert "1. environment-variable-missing" in session.output


def test_an_upload_that_starts_nothing_is_started_by_hand_and_the_rest_is_checked(accept: Accept):
    session = accept(f"--after-deploy={meddle('disable_rule')}", RUN, SUCCESS)
    assert session.items("failed") == {"RUN-02"}, session
    assert not session.items("broken"), session
    assert (session.verdict["run"]["started_by"], session.verdict["run"]["status"]) == ("manual", "SUCCEEDED")
    reason = session.verdict["items"]["RUN-02"]["reason"]
    assert "waited 5 s for an execution" in reason, reason


def test_a_count_altered_after_the_run_is_named_with_its_record_and_what_each_store_says(accept: Accept):
    session = accept(f"--after-run={meddle('alter_count')}", SUCCESS, PERFORMANCE, AFTERWARDS)
    assert session.verdict["diagnoses"][0]["id"] == "records-altered", session
    assert session.items("failed") == {"AUR-03", "PRF-03", "PST-02"}, session
    (found,) = session.verdict["discrepancies"]
    assert (found["record"], found["user"], found["fate"]) == (43, "U00042", "altered")
    assert found["stores"].keys() == {"csv", "aurora", "dynamodb", "logs"}
    assert found["stores"]["aurora"][0] == found["stores"]["csv"][0] + 1
