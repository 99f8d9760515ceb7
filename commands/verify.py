"""Whether an attestation still holds: signed by whom it should be, and nothing that it speaks of has changed since."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3

from steps.attestation import envelope, statement
from steps.attestation.sources import sources
from steps.drivers.revisions import deployed
from steps.targets.settings import read
from steps.targets.system import SystemUnderTest
from steps.visible import quoted, say

VALID, STALE, REFUSED = 0, 1, 2
STAYS = "aws-dev"
"""The target whose deployment outlives the session; of the others only the sources are left to look at."""


def main(told: argparse.Namespace) -> int:
    """Says whether the attestation of the command line holds; VALID, STALE or REFUSED."""

    def changed(stated: Mapping[str, Any]) -> list[str]:
        system = SystemUnderTest(told.system_under_test.resolve())
        settings = read(told.settings or system.settings, os.environ, needed=())
        predicate = stated["predicate"]
        if predicate["target"] != STAYS:
            return statement.changed_sources(stated, sources(system, settings.csv.file_in(system.folder)))
        session: Any = boto3.Session(region_name=predicate["region"])
        names = settings.model_copy(update={"region": predicate["region"]}).names_in(predicate["account"])
        return statement.changed_deployment(stated, deployed(session.client, names))

    code, said = verified(told.attestation, told.public_key, changed)
    say(said, file=sys.stderr if code else sys.stdout)
    return code


def verified(file: Path, public_key: Path | None, now: Callable[[Mapping[str, Any]], list[str]]) -> tuple[int, str]:
    """(exit code, what to say); `now` answers what has changed since, of the statement's sources or its deployment."""
    try:
        stated = envelope.opened(json.loads(file.read_text("utf-8")), public_key)
        said = stated["predicate"]
        changed = [*now(stated), *_of_another_verdict(stated, file.with_name(statement.VERDICT))]
    except (OSError, ValueError, LookupError, TypeError, statement.NoStatement, envelope.NotSigned) as refused:
        return (
            REFUSED,
            f"The attestation {file} cannot be trusted.\n  evidence: {quoted(str(refused))}\n"
            "  remedy: run the acceptance",
        )
    what = f"{said['verdict']} ({said['result']}) on {said['target']}, account {said['account']}, of {said['ended']}"
    if changed:
        evidence = "".join(f"\n  evidence: {quoted(each)}" for each in changed)
        return STALE, f"STALE: {what}.{evidence}\n  remedy: run the acceptance again"
    return VALID, f"VALID: {what}{f', signed by {public_key}' if public_key else ', unsigned'}"


def _of_another_verdict(stated: Mapping[str, Any], verdict: Path) -> list[str]:
    if not verdict.is_file():
        return []
    same = statement.is_of(stated, hashlib.sha256(verdict.read_bytes()).hexdigest())
    return [] if same else [f"{verdict} is not the verdict that is attested"]
