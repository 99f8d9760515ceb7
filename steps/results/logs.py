"""Steps about the functions' logs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from textwrap import shorten
from typing import Any

from pytest_bdd import parsers, then, when

from steps.diagnoses.ids import Diagnosis
from steps.drivers.audit_trail import Place
from steps.drivers.connections import left_of
from steps.drivers.execution_history import reached
from steps.drivers.functions import Function, Functions
from steps.drivers.logs import LogLine, complaints, holding, written
from steps.results.audit_trail import find_failed
from steps.run import attachments
from steps.run.custom_file import OwnFile
from steps.run.delivery import CHUNK_STEP, SESSION_SECONDS, STEPS, SUCCESS, Delivery, Drivers, list_request_ids
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.suite.progress import Progress
from steps.targets.environment import Environment
from steps.verdict.messages import phrase
from steps.verdict.record import Record
from steps.verdict.words import Words, enumerate_items


@when("every invocation of the execution has reported")
def all_reported(delivery: Delivery, environment: Environment, finding: Finding) -> None:
    delivery.wait_until_ended()
    delivery.wait_until_logged()
    finding.attach(*attachments.of_logs(delivery.lines, environment.names))


@then(parsers.parse('no line of the logs holds "{word}"'))
def no_line_holds(word: str, delivery: Delivery, finding: Finding) -> None:
    _check_absence((word,), delivery.lines, finding)


@then(parsers.parse('none of "{words}" is in any line of the logs'))
def none_is_in_any_line(words: str, delivery: Delivery, finding: Finding) -> None:
    _check_absence(tuple(words.split(", ")), delivery.lines, finding)


def _check_absence(words: tuple[str, ...], lines: list[LogLine], finding: Finding) -> None:
    found = holding(lines, *words)
    finding.holds(
        not found,
        "no-line-with",
        words=", ".join(words),
        lines=len(lines),
        found=len(found),
        where=shorten(found[0].text, 200, placeholder=" ...") if found else "",
        evidence="\n".join(map(str, found[:5])),
    )
    for word in words:
        planted = LogLine("planted", "planted", 0, f'{{"level":"{word}","message":"planted"}}')
        finding.control(f"a line with {word}", holding([*lines, planted], *words) == [planted])
    started = [line for line in lines if line.platform and line.platform[0] == "START"]
    found = holding(lines, "START RequestId: ", '"platform.start"')
    finding.control("the run's own START lines", bool(started) and set(started) <= set(found))


@then(parsers.parse('"{message}" is logged once'))
def is_logged_once(message: str, delivery: Delivery, finding: Finding) -> None:
    found = _find_lines(message, delivery.lines)
    finding.holds(len(found) == 1, "message-logged-once", message=message, got=len(found))
    finding.control("the line a second time", len(_find_lines(message, [*delivery.lines, found[0]])) == 2)


def _find_lines(message: str, lines: list[LogLine]) -> list[LogLine]:
    return [line for line in lines if line.fields.get("message") == message]


@then("the lines above INFO are grouped and counted, and there are none")
def grouped_and_counted(delivery: Delivery, finding: Finding) -> None:
    found = complaints(delivery.lines)
    finding.holds(
        not found,
        "no-complaints",
        lines=len(delivery.lines),
        groups=len(found),
        where=enumerate_items([phrase("times", count=count, what=text[:200]) for count, text in found[:10]], most=2),
        evidence="\n".join(f"{count} times {text[:200]}" for count, text in found[:10]),
    )
    planted = [LogLine("planted", "planted", at, '{"level":"WARNING","message":"planted"}') for at in (1, 2)]
    finding.control("two lines of one group", complaints([*delivery.lines, *planted]) == [(2, "WARNING: planted")])


@then(parsers.parse('"{message}" is logged once for each step and each chunk'))
def logged_once(message: str, delivery: Delivery, finding: Finding) -> None:
    lines = _find_lines(message, delivery.lines)
    wanted = Counter(dict.fromkeys(STEPS, 1) | {CHUNK_STEP: reached(delivery.run.history).chunks})
    got = _count_event_types(lines)
    told, due = (enumerate_items(_format_counts(each), most=9) for each in (got, wanted))
    finding.holds(got == wanted, "logged-for-each", message=message, count=wanted.total(), got=told, due=due)
    finding.control("one of them a second time", _count_event_types([*lines, lines[0]]) != wanted)


@then("none of these lines came before the work was done")
def after_the_work(delivery: Delivery, finding: Finding) -> None:
    """Compare with the audit trail, to which each completion is written before the log line."""
    lines = _find_lines(SUCCESS, delivery.lines)
    done = {(each["step"], each.get("chunk")): at for each in delivery.audit if (at := _read_completion_time(each))}
    early = _find_early_lines(lines, done)
    if early:
        finding.suspect(Diagnosis.SUCCESS_LINE_MISSING, tell_early_lines(early, done))
    where = str(early[0]) if early else ""
    finding.holds(not early, "logged-after-the-work", lines=len(lines), early=len(early), where=where)
    if done:
        planted = [replace(line, at=delivery.upload.at) for line in lines]
        finding.control("lines at the start", bool(_find_early_lines(planted, done)))


@then(parsers.parse('no step or chunk that failed has logged "{message}"'))
def failed_say_nothing(message: str, delivery: Delivery, finding: Finding) -> None:
    delivery.wait_until_logged()
    lines, failed = _find_lines(message, delivery.lines), find_failed(delivery.audit)
    said = [line for line in lines if _place_of(line) in failed]
    if said:
        finding.suspect(Diagnosis.SUCCESS_LINE_MISSING, f"what failed says that it succeeded: {said[0]}")
    where = str(said[0]) if said else ""
    finding.holds(bool(failed) and not said, "no-success-of-failed", message=message, failed=len(failed), where=where)
    step, chunk = failed[0]
    fields = json.dumps({"message": message, "event_type": step, "chunk": chunk})
    planted = LogLine("planted", "planted", 0, fields)
    finding.control("a line of success of what failed", _place_of(planted) in failed)


def _place_of(line: LogLine) -> Place:
    return str(line.fields.get("event_type")), line.fields.get("chunk")


def _read_completion_time(entry: dict[str, Any]) -> int | None:
    """Return the time at the start of the sort key in epoch milliseconds; None if invalid or not a completion."""
    try:
        moment = datetime.fromisoformat(entry["timestamp"].partition("#")[0])
    except ValueError:
        return None
    return int(moment.timestamp() * 1000) if entry["phase"] == "completion" else None


def tell_early_lines(early: list[LogLine], done: dict[Place, int]) -> str:
    """Tell their number, and of the first the times (UTC) of the line and of the completion in audit-logs."""
    place, line = _place_of(early[0]), early[0]
    logged, completed = (
        datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds") for at in (line.at, done[place])
    )
    chunk = f", chunk {place[1]}" if place[1] is not None else ""
    times = f"{place[0]}{chunk} logged it at {logged}, and its timestamp in audit-logs is {completed}"
    return f"{len(early)} lines came before the work was done, such as {line}: {times}"


def _find_early_lines(lines: list[LogLine], done: dict[tuple[str, int | None], int]) -> list[LogLine]:
    return [
        line
        for line in lines
        if line.at < done.get((str(line.fields.get("event_type")), line.fields.get("chunk")), line.at)
    ]


@then(parsers.parse('the logs name "{reason}"'))
def reason_named(reason: str, delivery: Delivery, finding: Finding) -> None:
    """Ignore lines with the error that ends the execution: it names the dominant reason itself."""
    delivery.wait_until_logged()
    ending = delivery.run.error or "ProcessingError"
    named = [line for line in holding(delivery.lines, reason) if ending not in line.text]
    if not named:
        finding.suspect(Diagnosis.ERROR_NAMELESS, f"no line names {reason} but for {ending}, of {len(delivery.lines)}")
    finding.holds(bool(named), "reason-logged", reason=reason, lines=len(named))


@then("the logs name the reason of each of them")
def each_reason_named(delivery: Delivery, own_file: OwnFile, finding: Finding) -> None:
    delivery.wait_until_logged()
    due = sorted(set(own_file.reasons.values()))
    unnamed = find_unnamed(due, delivery.lines)
    if unnamed:
        finding.suspect(Diagnosis.ERROR_NAMELESS, f"no line names {', '.join(unnamed)}, of {len(delivery.lines)}")
    finding.holds(not unnamed, "reasons-logged", reasons=len(due), where=", ".join(unnamed))
    without = [line for line in delivery.lines if due[0] not in line.text]
    finding.control("a reason that is not logged", due[0] in find_unnamed(due, without))


def find_unnamed(reasons: Sequence[str], lines: Sequence[LogLine]) -> list[str]:
    """Return the reasons that no line names."""
    return [reason for reason in reasons if not holding(lines, reason)]


def _count_event_types(lines: list[LogLine]) -> Counter[str]:
    return Counter(str(line.fields.get("event_type")) for line in lines)


def _format_counts(counted: Counter[str]) -> list[Words]:
    return [phrase("times", count=count, what=name) for name, count in sorted(counted.items(), key=str)]


@then("its log lines were followed while it ran")
def followed(delivery: Delivery, progress: Progress, finding: Finding) -> None:
    running = [snapshot.lines for snapshot in progress.snapshots[:-1]]
    finding.holds(max(running, default=0) > 0, "logs-followed", lines=max(running, default=0))


@then("all of them are kept as evidence")
def kept(delivery: Delivery, record: Record, finding: Finding) -> None:
    file = record.keep("lambda-logs.txt", written(delivery.lines))
    kept = file.read_text("utf-8")
    missing = _find_missing_lines(delivery.lines, kept, record)
    finding.holds(
        bool(delivery.lines) and not missing,
        "logs-kept",
        lines=len(delivery.lines),
        kept=len(delivery.lines) - len(missing),
        file=file.name,
    )
    finding.control("a line left out", bool(_find_missing_lines(delivery.lines, written(delivery.lines[1:]), record)))


def _find_missing_lines(lines: list[LogLine], kept: str, record: Record) -> list[LogLine]:
    """The lines that were not kept; they are compared with secrets masked."""
    return [line for line in lines if record.shown(written([line])) not in kept]


@when("the functions' log settings are looked up", target_fixture="logging")
def log_settings(environment: Environment) -> list[Function]:
    names = environment.names
    return Functions(environment.client("lambda"), names.functions, names.qualifiers).logged()


@then("no level leaves out a line of INFO, or one of Lambda's own")
def levels_tell_all(logging: list[Function], finding: Finding) -> None:
    def find(functions: list[Function]) -> list[Deviation]:
        return [Deviation(Diagnosis.LOGS_MISSING, text) for function in functions for text in function.unlogged]

    finding.none(find(logging), "levels-tell-all", functions=enumerate_items([each.name for each in logging]))
    quiet = [replace(each, logging={"ApplicationLogLevel": "ERROR"}) for each in logging]
    finding.control("a level of ERROR", len(find(quiet)) == len(logging))


@then(parsers.parse("each log group keeps its lines for at least {due:d} days"))
def kept_for_days(due: int, drivers: Drivers, finding: Finding) -> None:
    def find(days: Mapping[str, int | None]) -> list[Deviation]:
        return [
            Deviation(Diagnosis.LOGS_MISSING, f"{group} keeps its lines for {found} days, and has to for {due}")
            for group, found in days.items()
            if found is not None and found < due
        ]

    finding.none(find(drivers.logs.days_kept()), "lines-kept-for-days", days=due)
    finding.control("a group that keeps them for a day", bool(find({"any": 1})))


@then("sessions of its invocations were seen while it ran")
def sessions_seen(delivery: Delivery, finding: Finding) -> None:
    seen = delivery.sightings.of(list_request_ids(delivery.run))
    finding.holds(bool(seen), "sessions-seen", seen=len(seen), most=delivery.sightings.most)


@then("none of them is left open")
def none_left(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    ids, connections, left = list_request_ids(delivery.run), drivers.connections, delivery.sessions_left
    if left is None:
        left = connections.left_by(ids, within=SESSION_SECONDS)
    finding.holds(not left, "no-session-left", left=len(left), where=enumerate_items(left))
    function = drivers.environment.names.functions[0]
    if drivers.environment.shared:
        copy = [*left, f"{function} {ids[0]}"]
        finding.control("a session left open, in a copy", bool(left_of(copy, ids)))
        return
    with connections.pretending(function, ids[0]):
        finding.control("a session really left open", bool(connections.left_by(ids, within=0)))
