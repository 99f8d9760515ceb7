"""Builds and checks the in-toto statement of a session. Pure functions.

https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from steps.drivers.revisions import Digests
from steps.verdict import verdict as verdicts
from steps.verdict.model import Conclusion, Verdict

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
VERDICT = "verdict.json"
_WORDS = get_args(Conclusion)


class NoStatement(Exception):
    """The document is no statement of this suite."""


def make_statement(
    verdict: Verdict, sources: Mapping[str, str], deployed: Digests, *, verdict_sha256: str, url: str | None
) -> dict[str, Any]:
    """Return the statement on what was tested; `sources` are SHA-256 digests by name, `url` is that of the CI run.

    GO becomes PASSED, GO with waived lines WARNED, anything else FAILED. Lines out of scope are in none of its lists;
    the requirements beyond the checklist are, where a session has judged them.
    """
    lines, system = verdict.judged, verdict.system_under_test
    if system is None:
        raise NoStatement("The verdict says of no system that it was tested")
    waived = [id for id, line in lines.items() if line.waived]
    passed = [id for id, line in lines.items() if line.status == "passed"]
    predicate = {
        "result": _result(verdict.verdict, waived),
        "configuration": [
            {"name": "features", "digest": {"gitCommit": verdict.suite.commit or "unknown"}},
            {"name": "system under test", "digest": {"sha256": system.sha256}},
        ],
        "passedTests": passed,
        "warnedTests": waived,
        "failedTests": [id for id in lines if id not in passed and id not in waived],
        "verdict": verdict.verdict,
        "target": verdict.target,
        "account": verdict.account,
        "region": verdict.region,
        "ended": verdict.ended,
        "deployed": deployed,
    }
    told = {"altered_by": verdict.altered_by, "url": url}
    optional = {name: value for name, value in told.items() if value}
    return {
        "_type": TYPE,
        "subject": [
            {"name": name, "digest": {"sha256": digest}}
            for name, digest in {**sources, VERDICT: verdict_sha256}.items()
        ],
        "predicateType": PREDICATE,
        "predicate": predicate | optional,
    }


def compare_sources(stated: Mapping[str, Any], now: Mapping[str, str]) -> list[str]:
    """Return a sentence for each source that no longer matches the statement."""
    then = {name: {"sha256": digest} for name, digest in _digests(stated).items() if name != VERDICT}
    return list(_differences(then, {name: {"sha256": digest} for name, digest in now.items()}))


def compare_deployment(stated: Mapping[str, Any], now: Digests) -> list[str]:
    """Return a sentence for each deployed resource that no longer matches the statement."""
    return list(_differences(_part(stated, "predicate")["deployed"], now))


def find_contradictions(stated: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each contradiction within the statement."""
    said = _part(stated, "predicate")
    word, result = said["verdict"], said["result"]
    passed, warned, failed = (said[f"{name}Tests"] for name in ("passed", "warned", "failed"))
    due = _result(word, warned)
    names = [each["name"] for each in _part(stated, "subject")]
    return [
        *([] if word in _WORDS else [f"the verdict is {word}, which is none of {', '.join(_WORDS)}"]),
        *([] if result == due else [f"the result is {result}, and by its verdict, {word}, it is {due}"]),
        *([] if (word == "GO") == (not failed) else [f"the verdict is {word}, and {len(failed)} of its lines failed"]),
        *([f"the verdict is {word}, and no line passed"] if word == "GO" and not [*passed, *warned] else []),
        *(f"{id} is listed {count} times" for id, count in Counter([*passed, *warned, *failed]).items() if count > 1),
        *(f"{name} is {count} times among the subjects" for name, count in Counter(names).items() if count > 1),
        *([] if VERDICT in names else [f"{VERDICT} is not among the subjects"]),
    ]


def compare_with_verdict(stated: Mapping[str, Any], verdict: Verdict) -> list[str]:
    """Return a sentence for each contradiction within the attested verdict, or between it and the statement."""
    said, digests = _part(stated, "predicate"), _digests(stated)
    url = verdict.by.url if verdict.by else None
    due = make_statement(verdict, digests, said["deployed"], verdict_sha256=digests[VERDICT], url=url)["predicate"]
    return [
        *(f"in {VERDICT} {each}" for each in verdicts.find_contradictions(verdict)),
        *(
            f"{name} is {json.dumps(said.get(name))}, and by {VERDICT} it is {json.dumps(due.get(name))}"
            for name in dict.fromkeys([*due, *said])
            if said.get(name) != due.get(name)
        ),
    ]


def is_about(stated: Mapping[str, Any], verdict_sha256: str) -> bool:
    """True if the statement is about the verdict with this digest."""
    return _digests(stated).get(VERDICT) == verdict_sha256


def _result(word: str, waived: Sequence[str]) -> str:
    return ("WARNED" if waived else "PASSED") if word == "GO" else "FAILED"


def _digests(stated: Mapping[str, Any]) -> dict[str, str]:
    return {each["name"]: each["digest"]["sha256"] for each in _part(stated, "subject")}


def _part(stated: Mapping[str, Any], name: str) -> Any:
    if stated.get("_type") != TYPE or stated.get("predicateType") != PREDICATE:
        raise NoStatement(f"It is no {PREDICATE} but {stated.get('predicateType')}")
    return stated[name]


def _differences(then: Digests, now: Digests) -> Iterator[str]:
    for name in [*then, *(name for name in now if name not in then)]:
        if name not in now:
            yield f"{name} is not there any more"
        elif name not in then:
            yield f"{name} was not there"
        elif parts := sorted(part for part in {*then[name], *now[name]} if then[name].get(part) != now[name].get(part)):
            yield f"{name} has changed: {', '.join(parts)}"
