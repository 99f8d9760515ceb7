"""From an execution that failed, and from scenarios that did, to causes in the order in which they are to be mended."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.diagnoses import catalogue
from steps.diagnoses.ids import Diagnosis
from steps.diagnoses.of_run import of_failure, of_start
from steps.diagnoses.ranking import diagnoses
from steps.drivers.names import Names
from steps.suite.deviation import Deviation
from steps.verdict import checklist
from steps.verdict.model import Status
from steps.verdict.verdict import BROKEN, FAILED, NOT_CHECKED, PASSED, Scenario
from tests.steps.failures import EXECUTIONS, told
from tests.steps.reporting.verdicts import failed, record

KNOWN = catalogue.read()
IDS, LINES = list(Diagnosis), list(checklist.read())


@pytest.mark.parametrize(("error", "cause", "diagnosis"), EXECUTIONS)
def test_diagnosis_of_a_failed_execution(error: str | None, cause: str | None, diagnosis: str):
    (found,) = of_failure("FAILED", error, cause)
    assert found.diagnosis == diagnosis


@pytest.mark.parametrize(
    ("status", "diagnosis"), [("TIMED_OUT", Diagnosis.TOO_SLOW), ("ABORTED", Diagnosis.STATE_FAILED)]
)
def test_diagnosis_of_an_execution_that_ended_without_an_error(status: str, diagnosis: str):
    assert of_failure(status, None, None) == [(diagnosis, f"the execution {status} with {status}")]


def test_the_evidence_is_what_the_function_said_in_one_line():
    (found,) = of_failure("FAILED", "UndefinedTable", told("UndefinedTable", 'relation "chunks"\ndoes not exist'))
    assert found.text == 'the execution FAILED with UndefinedTable: relation "chunks" does not exist'
    (long,) = of_failure("FAILED", "ProcessingError", told("ProcessingError", "x" * 10_000))
    assert len(long.text) < 1000


def test_the_evidence_names_the_state_and_the_function_that_raised_and_its_callers_in_other_packages():
    frames = [
        ("/var/runtime/bootstrap.py", 3, "handle"),
        ("/opt/python/csv_pipeline/step.py", 9, "run"),
        ("/var/task/merge.py", 5, "merge_results"),
        ("/opt/python/csv_pipeline/plan.py", 118, "finish_chunk"),
        ("/var/lang/lib/python3.13/contextlib.py", 85, "inner"),
        ("/opt/python/psycopg/connection.py", 297, "execute"),
        ("/opt/python/psycopg/_queries.py", 40, "convert"),
    ]
    trace = [f'  File "{file}", line {line}, in {function}\n    pass\n' for file, line, function in frames]
    cause = json.dumps({"errorMessage": "expected str", "errorType": "TypeError", "stackTrace": trace})
    (found,) = of_failure("FAILED", "TypeError", cause, "Process one chunk")
    raised = "convert (psycopg/_queries.py, line 40), called from finish_chunk (csv_pipeline/plan.py, line 118)"
    raised += ", called from merge_results (merge.py, line 5)"
    where = f"in the state Process one chunk, raised in {raised}"
    assert found.text == f"the execution FAILED with TypeError: expected str, {where}"


@given(line=st.sampled_from([cause for _, cause, _ in EXECUTIONS if cause] + ["if password_was_asked(refused):"]))
def test_what_a_stack_trace_quotes_is_no_cause(line: str):
    cause = told("DatabaseUnavailableError", "no session on aurora:5432: connection timeout expired", line)
    assert of_failure("FAILED", "DatabaseUnavailableError", cause)[0].diagnosis == Diagnosis.AURORA_UNREACHABLE


@given(
    error=st.none() | st.text(),
    cause=st.none() | st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps),
)
def test_any_text_of_a_failed_execution_leads_to_one_known_cause(error: str | None, cause: str | None):
    (found,) = of_failure("FAILED", error, cause)
    assert found.diagnosis in KNOWN


def test_a_good_execution_has_no_diagnosis():
    assert of_failure("SUCCEEDED", None, None) == []
    assert of_start("event", "") == []


def test_an_upload_that_started_nothing_points_to_its_event():
    assert of_start("manual", "waited 60 s") == [
        (Diagnosis.EVENT_NOT_DELIVERED, "the upload has started nothing: waited 60 s")
    ]


DEVIATIONS = st.builds(Deviation, st.sampled_from(IDS), st.text("ab", max_size=2))
SCENARIOS = st.builds(
    Scenario,
    id=st.text("ab"),
    items=st.lists(st.sampled_from(LINES), max_size=3),
    status=st.sampled_from([PASSED, FAILED, BROKEN, NOT_CHECKED]),
    deviations=st.lists(DEVIATIONS, max_size=3),
)


@given(scenarios=st.lists(SCENARIOS, max_size=6), whole=st.lists(DEVIATIONS, max_size=3))
def test_every_line_that_is_no_is_explained_root_causes_first(scenarios: list[Scenario], whole: list[Deviation]):
    ranked = diagnoses(scenarios, whole, KNOWN)
    bad = [scenario for scenario in scenarios if scenario.status in (FAILED, BROKEN)]
    assert [each.rank for each in ranked] == list(range(1, len(ranked) + 1))
    found = {id for id, _ in [*(d for each in bad for d in each.deviations), *(whole if bad else ())]}
    found |= set() if whole and bad else {Diagnosis.ENVIRONMENT_BROKEN}
    nameless = {Diagnosis.STATE_FAILED} - {id for id, _ in whole}  # of a later execution: it comes last of those found
    due = sorted(IDS, key=lambda id: (id not in found, id in nameless & found, IDS.index(id)))
    assert [each.id for each in ranked] == [id for id in due if id in {each.id for each in ranked}]
    assert {line for each in ranked for line in each.items} == {line for each in bad for line in each.items}
    of_bad = {deviation for each in bad for deviation in each.deviations} | (set(whole) if bad else set())
    assert {id for id, _ in of_bad} <= {each.id for each in ranked}


def one(id: str, *items: str, status: Status = FAILED, reason: str = "", said: tuple[Deviation, ...] = ()) -> Scenario:
    return Scenario(id, items, status, reason, deviations=list(said))


def explained(*scenarios: Scenario, whole: tuple[Deviation, ...] = ()) -> dict[str, tuple[list[str], list[str]]]:
    """(lines, evidence) of each diagnosis."""
    return {each.id: (each.items, each.evidence) for each in diagnoses(scenarios, whole, KNOWN)}


CLOSED = Deviation(Diagnosis.SECURITY_GROUP_CLOSED, "sg-1 lets nobody in")
REFUSED = Deviation(Diagnosis.SECRET_REFUSED, "the execution FAILED with DatabaseUnavailableError")
LOST = tuple(Deviation(Diagnosis.RECORDS_LOST, f"record {n}") for n in range(1000))


@pytest.mark.parametrize(
    ("scenarios", "whole", "found"),
    [
        pytest.param(
            [one("a", "KNO-03", said=(CLOSED,)), one("b", "DAT-01", "KNO-03", said=(CLOSED,))],
            (),
            {Diagnosis.SECURITY_GROUP_CLOSED: (["KNO-03", "DAT-01"], [CLOSED.text])},
            id="one cause in several scenarios",
        ),
        pytest.param(
            [one("a", "PRF-03", said=LOST)],
            (),
            {Diagnosis.RECORDS_LOST: (["PRF-03"], [f"record {n}" for n in range(20)])},
            id="as much evidence as people read",
        ),
        pytest.param(
            [one("a", "AUR-02", reason="99 of 100"), one("b", "INF-01", reason="none")],
            (),
            {Diagnosis.RECORDS_LOST: (["AUR-02"], ["99 of 100"]), Diagnosis.NOT_DIAGNOSED: (["INF-01"], ["none"])},
            id="the usual diagnosis of a line",
        ),
        pytest.param(
            [one("a", "AUR-02", status=BROKEN, reason="no database"), one("b", "AUR-03", reason="99 of 100")],
            (),
            {
                Diagnosis.ENVIRONMENT_BROKEN: (["AUR-02"], ["no database"]),
                Diagnosis.RECORDS_ALTERED: (["AUR-03"], ["99 of 100"]),
            },
            id="what broke says nothing about the pipeline",
        ),
        pytest.param(
            [one("a", "SFN-01", reason="FAILED"), one("b", "AUR-02", reason="0")],
            (REFUSED,),
            {
                Diagnosis.SECRET_REFUSED: (["SFN-01", "AUR-02"], [REFUSED.text]),
                Diagnosis.STATE_FAILED: (["SFN-01"], ["FAILED"]),
                Diagnosis.RECORDS_LOST: (["AUR-02"], ["0"]),
            },
            id="the run explains every line, before what is usual for it",
        ),
        pytest.param(
            [
                one("a", "AUR-03", said=(Deviation(Diagnosis.STATE_FAILED, "DuplicateTable"),)),
                one("b", "PRF-03", said=(Deviation(Diagnosis.NOT_ATOMIC, "between chunks"),)),
            ],
            (),
            {
                Diagnosis.NOT_ATOMIC: (["PRF-03"], ["between chunks"]),
                Diagnosis.STATE_FAILED: (["AUR-03"], ["DuplicateTable"]),
            },
            id="a known cause explains an error of another execution that has no diagnosis of its own",
        ),
        pytest.param([one("a", "SFN-03", status=PASSED, said=(CLOSED,))], (CLOSED,), {}, id="nothing failed"),
    ],
)
def test_diagnoses_of_a_session(scenarios: list[Scenario], whole: tuple[Deviation, ...], found: dict[str, object]):
    assert list(explained(*scenarios, whole=whole).items()) == list(found.items())


def test_a_check_that_breaks_after_a_diagnosed_run_is_no_broken_environment():
    run = (Deviation(Diagnosis.EVENT_CONTRACT_BROKEN, "no such path"),)
    after = explained(one("a", "LOG-02", status=BROKEN, reason="no line at all"), whole=run)
    assert next(iter(after)) == Diagnosis.EVENT_CONTRACT_BROKEN
    both = [one("a", "INF-01", status=BROKEN, reason="no answer"), replace(one("b", "SFN-01"), ended=9.0)]
    assert next(iter(diagnoses(both, run, catalogue.read(), began=5.0))).id == Diagnosis.ENVIRONMENT_BROKEN


def test_the_run_explains_nothing_that_failed_before_it_began():
    early = Scenario("early", ["LAM-01"], FAILED, "missing", ended=1.0)
    late = Scenario("late", ["SFN-01"], FAILED, "FAILED", ended=3.0)
    refused = Deviation(Diagnosis.SECRET_REFUSED, "the execution FAILED")
    assert diagnoses([early, late], [refused], KNOWN, began=2.0)[0].items == ["SFN-01"]
    assert Diagnosis.SECRET_REFUSED not in [each.id for each in diagnoses([early], [refused], KNOWN, began=2.0)]


def test_findings_after_a_failed_execution_follow_from_its_diagnosis():
    drift = replace(one("a", "KNO-02", said=(Deviation(Diagnosis.TEMPLATE_DRIFT, "changed"),)), ended=1.0)
    late = [replace(one("b", "PST-02", said=LOST[:1]), ended=3.0), replace(one("c", "LOG-01"), ended=3.0)]

    def find_followers(status: str | None) -> dict[str, str | None]:
        ranked = diagnoses([drift, *late], [REFUSED], KNOWN, 2.0, {"status": status})
        return {each.id: each.follows for each in ranked}

    roots = {Diagnosis.SECRET_REFUSED: None, Diagnosis.TEMPLATE_DRIFT: None}
    followers = {Diagnosis.RECORDS_LOST: Diagnosis.SECRET_REFUSED, Diagnosis.ERROR_LOGGED: Diagnosis.SECRET_REFUSED}
    assert find_followers("FAILED") == roots | followers
    assert set(find_followers("SUCCEEDED").values()) == {None}, "a check of what it wrote speaks for itself"


def test_an_error_that_also_ended_an_execution_that_had_to_succeed_is_not_nameless():
    nameless = one("a", "RSK-01", said=(Deviation(Diagnosis.ERROR_NAMELESS, "TypeError"),))
    scenarios = [replace(nameless, ended=1.0), replace(one("b", "SFN-01"), ended=3.0)]
    run = [Deviation(Diagnosis.STATE_FAILED, "the execution FAILED with TypeError")]
    ranked = diagnoses(scenarios, run, KNOWN, 2.0, {"status": "FAILED"})
    assert [(each.id, each.follows) for each in ranked] == [("state-failed", None), ("error-nameless", "state-failed")]


def test_the_catalogue_explains_each_diagnosis_in_the_order_of_the_enumeration():
    assert list(KNOWN) == list(Diagnosis)


def test_remedies_call_things_by_the_names_of_the_account():
    names = Names("123456789012", others={"rule": "started-by-uploads-dev"})
    session = record(failed("EVB-02", "wanted it enabled", Deviation(Diagnosis.RULE_DISABLED, "it is not")))
    session.use_names(names.rename)
    (found,) = session.judge().diagnoses
    assert "aws events enable-rule --name started-by-uploads-dev" in found.remedy.en
    assert "aws events enable-rule --name started-by-uploads-dev" in found.remedy.ja
    assert "describe-rule --name started-by-uploads-dev" in session.checklist["EVB-02"].remedy.en
