"""Whether an attestation still holds: signed by whom it should be, and nothing that it speaks of has changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from steps.attestation import envelope, statement

VALID, STALE, REFUSED = 0, 1, 2
AT_HAND = ("embedded", "endpoint", "localstack")
"""Targets that end with their session, so that only the sources are left to look at."""


def verified(file: Path, public_key: Path | None, now: Callable[[Mapping[str, Any]], list[str]]) -> tuple[int, str]:
    """(exit code, what to say); `now` answers what has changed since, of the statement's sources or its deployment."""
    try:
        stated = envelope.opened(json.loads(file.read_text("utf-8")), public_key)
        said = stated["predicate"]
        changed = [*now(stated), *_of_another_verdict(stated, file.with_name(statement.VERDICT))]
    except (OSError, ValueError, LookupError, TypeError, statement.NoStatement, envelope.NotSigned) as refused:
        return (
            REFUSED,
            f"The attestation {file} cannot be trusted.\n  evidence: {refused}\n  remedy: run the acceptance",
        )
    what = f"{said['verdict']} ({said['result']}) on {said['target']}, account {said['account']}, of {said['ended']}"
    if changed:
        evidence = "".join(f"\n  evidence: {each}" for each in changed)
        return STALE, f"STALE: {what}.{evidence}\n  remedy: run the acceptance again"
    return VALID, f"VALID: {what}{f', signed by {public_key}' if public_key else ', unsigned'}"


def _of_another_verdict(stated: Mapping[str, Any], verdict: Path) -> list[str]:
    if not verdict.is_file():
        return []
    same = statement.is_of(stated, hashlib.sha256(verdict.read_bytes()).hexdigest())
    return [] if same else [f"{verdict} is not the verdict that is attested"]
