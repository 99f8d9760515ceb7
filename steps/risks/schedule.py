"""Steps about the order and the duration of the session's phases."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from pytest_bdd import parsers, then, when

from steps.run.delivery import Delivery
from steps.suite.finding import Finding
from steps.verdict.checklist import SCHEDULE
from steps.verdict.messages import phrase
from steps.verdict.record import Record, Span
from steps.verdict.verdict import LIMIT, NOT_CHECKED, PASSED, Scenario
from steps.verdict.words import enumerate_items


@when("the file has been delivered")
def delivered(acceptance: Delivery) -> None: ...


@then("every precondition had been checked and had passed before")
def gate_held(record: Record, finding: Finding) -> None:
    if record.broken_off:
        finding.not_checked("only a part of the session runs, and with it not every precondition")
    began = record.spans["run"].began
    wanted = [id for id in record.preconditions if not _beyond_the_target(record.scenarios.get(id))]
    ended = {id: record.scenarios[id].ended for id in wanted if id in record.scenarios}
    late = _find_late(ended, wanted, began)
    waived = [id for id in wanted if id not in late and record.is_excused(id)]
    bad = [id for id in wanted if id not in [*late, *waived] and record.scenarios[id].status != PASSED]
    finding.holds(
        not late and not bad,
        "gate-held",
        checks=len(wanted),
        passed=len(wanted) - len(late) - len(bad) - len(waived),
        waived=phrase("and-waived", waived=len(waived)) if waived else "",
        where=enumerate_items(sorted({item for id in [*late, *bad] for item in record.expected[id]})),
        evidence="\n".join([*(f"not checked before it: {id}" for id in late), *(f"not passed: {id}" for id in bad)]),
    )
    finding.control("one that was checked too late", bool(_find_late({**ended, wanted[0]: began + 1}, wanted, began)))
    finding.control("one that was not checked", bool(_find_late({}, wanted, began)))


def _beyond_the_target(scenario: Scenario | None) -> bool:
    """True if the scenario was not checked because of a declared limit of the target."""
    return scenario is not None and scenario.status == NOT_CHECKED and scenario.reason.startswith(LIMIT)


def _find_late(ended: Mapping[str, float], wanted: list[str], began: float) -> list[str]:
    """The preconditions of `wanted` that had not ended when the run began."""
    return [id for id in wanted if ended.get(id, began + 1) > began]


@when("the phases of this session are looked at")
def looked_at(acceptance: Delivery) -> None:
    acceptance.wait_until_ended()


@then(parsers.parse("phase {number:d} came in its turn, and took no longer than by hand"))
def in_its_turn(number: int, record: Record, finding: Finding) -> None:
    line = f"PHS-{number:02}"
    timed = [name for name in SCHEDULE[line] if name in record.spans]  # no "deploy" phase on the dev account
    finding.holds(bool(timed), "phase-timed", phases=enumerate_items(SCHEDULE[line]))
    finding.holds(_are_in_turn(record.spans), "phases-in-turn")
    seconds = sum(record.spans[name].seconds for name in timed)
    least, most = record.checklist[line].by_hand_minutes or (0, 0)
    finding.holds(
        seconds <= 60 * most,
        "phase-in-time",
        seconds=seconds,
        most=most,
        by_hand=str(most) if least == most else f"{least}–{most}",
    )
    backwards = dict(zip(record.spans, reversed(record.spans.values()), strict=True))
    finding.control("the phases in another order", not _are_in_turn(backwards))


def _are_in_turn(spans: Mapping[str, Span]) -> bool:
    """True if each phase had ended when the next one began."""
    timed = [spans[name] for names in SCHEDULE.values() for name in names if name in spans]
    return all(a.ended is not None and a.ended <= b.began for a, b in pairwise(timed))
