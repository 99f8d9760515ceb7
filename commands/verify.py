"""Verifies an attestation: its signature, its consistency, and that nothing it attests has changed since."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import boto3

from steps.attestation import envelope, statement
from steps.attestation.sources import digest_sources
from steps.drivers.revisions import deployed
from steps.suite.visible_text import quoted, say
from steps.targets.settings import read
from steps.targets.system import SystemUnderTest
from steps.verdict.model import Verdict

VALID, STALE, REFUSED = 0, 1, 2
STAYS = "aws-dev"
"""The target whose deployment outlives the session; for other targets only the sources can be compared."""


def main(told: argparse.Namespace) -> int:
    """Verify the attestation and print the result. Return VALID, STALE or REFUSED."""

    def changed(stated: Mapping[str, Any]) -> list[str]:
        system = SystemUnderTest(told.system_under_test.resolve())
        settings = read(told.settings or system.settings, os.environ, needed=())
        predicate = stated["predicate"]
        if predicate["target"] != STAYS:
            return statement.compare_sources(stated, digest_sources(system, settings.csv.file_in(system.folder)))
        session: Any = boto3.Session(region_name=predicate["region"])
        names = settings.model_copy(update={"region": predicate["region"]}).names_in(predicate["account"])
        return statement.compare_deployment(stated, deployed(session.client, names))

    code, said = verify(told.attestation, told.public_key, changed)
    say(said, file=sys.stderr if code else sys.stdout)
    return code


def verify(file: Path, public_key: Path | None, now: Callable[[Mapping[str, Any]], list[str]]) -> tuple[int, str]:
    """Return (exit code, message); `now` returns what has changed since, in the statement's sources or deployment."""
    try:
        told = json.loads(file.read_text("utf-8"))
        stated = envelope.open_envelope(told, public_key)
        if wrong := statement.find_contradictions(stated):
            return _refused(file, wrong)
        wrong, of_another = _beside_verdict(stated, file.with_name(statement.VERDICT))
        if wrong:
            return _refused(file, wrong)
        changed = [*now(stated), *of_another]
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        statement.NoStatement,
        envelope.NotSigned,
    ) as refused:
        return _refused(file, [str(refused)])
    said = stated["predicate"]
    what = f"{said['verdict']} ({said['result']}) on {said['target']}, account {said['account']}, of {said['ended']}"
    what = f"{what}, {_signature(told, public_key)}"
    if changed:
        evidence = "".join(f"\n  evidence: {quoted(each)}" for each in changed)
        return STALE, f"STALE: {what}.{evidence}\n  remedy: run the acceptance again"
    return VALID, f"VALID: {what}"


def _beside_verdict(stated: Mapping[str, Any], file: Path) -> tuple[list[str], list[str]]:
    """(contradictions with the attested verdict, changes) of the verdict file beside the attestation, if it exists."""
    if not file.is_file():
        return [], []
    content = file.read_bytes()
    if not statement.is_about(stated, hashlib.sha256(content).hexdigest()):
        return [], [f"{file} is not the verdict that is attested"]
    return statement.compare_with_verdict(stated, Verdict.from_json(content.decode())), []


def _signature(told: Mapping[str, Any], public_key: Path | None) -> str:
    if public_key is not None:
        return f"signed by {public_key}"
    return "its signature not verified without --public-key" if envelope.is_signed(told) else "unsigned"


def _refused(file: Path, evidence: Iterable[str]) -> tuple[int, str]:
    lines = "".join(f"\n  evidence: {quoted(each)}" for each in evidence)
    return REFUSED, f"The attestation {file} cannot be trusted.{lines}\n  remedy: run the acceptance"
