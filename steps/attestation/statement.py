"""The in-toto statement of a session. Pure functions.

https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from steps.drivers.revisions import Digests

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
VERDICT = "verdict.json"


class NoStatement(Exception):
    """This is no statement of ours."""


def statement(
    verdict: Mapping[str, Any], sources: Mapping[str, str], deployed: Digests, *, verdict_sha256: str, url: str | None
) -> dict[str, Any]:
    """The statement over what was tested; `sources` are SHA-256 digests by name, `url` leads to the run.

    GO is PASSED, GO with waived lines WARNED, anything else FAILED.
    """
    items = verdict["items"]
    waived = [id for id, item in items.items() if item["waived"]]
    passed = [id for id, item in items.items() if item["status"] == "passed"]
    result = ("WARNED" if waived else "PASSED") if verdict["verdict"] == "GO" else "FAILED"
    predicate = {
        "result": result,
        "configuration": [
            {"name": "features", "digest": {"gitCommit": verdict["suite"]["commit"] or "unknown"}},
            {"name": "system under test", "digest": {"sha256": verdict["system_under_test"]["sha256"]}},
        ],
        "passedTests": passed,
        "warnedTests": waived,
        "failedTests": [id for id in items if id not in passed and id not in waived],
        "verdict": verdict["verdict"],
        "target": verdict["target"],
        "account": verdict["account"],
        "region": verdict["region"],
        "ended": verdict["ended"],
        "deployed": deployed,
    }
    return {
        "_type": TYPE,
        "subject": [
            {"name": name, "digest": {"sha256": digest}}
            for name, digest in {**sources, VERDICT: verdict_sha256}.items()
        ],
        "predicateType": PREDICATE,
        "predicate": predicate | ({"url": url} if url else {}),
    }


def changed_sources(stated: Mapping[str, Any], now: Mapping[str, str]) -> list[str]:
    """Which sources are not as the statement has them any more, in words."""
    subject = {each["name"]: {"sha256": each["digest"]["sha256"]} for each in _part(stated, "subject")}
    then = {name: digest for name, digest in subject.items() if name != VERDICT}
    return list(_differences(then, {name: {"sha256": digest} for name, digest in now.items()}))


def changed_deployment(stated: Mapping[str, Any], now: Digests) -> list[str]:
    """What is deployed otherwise than the statement has it, in words."""
    return list(_differences(_part(stated, "predicate")["deployed"], now))


def is_of(stated: Mapping[str, Any], verdict_sha256: str) -> bool:
    """Whether the statement is that of the verdict."""
    return {"name": VERDICT, "digest": {"sha256": verdict_sha256}} in _part(stated, "subject")


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
