"""Writes the attestation of a verdict beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steps.attestation.statement import make_statement
from steps.drivers.revisions import Digests
from steps.verdict.model import Verdict

if TYPE_CHECKING:
    from steps.attestation.envelope import Signer

NAME = "attestation.json"


@dataclass(frozen=True)
class Tested:
    """Digests of what a session tests: of the sources (SHA-256) by name, of the deployed resources by ARN."""

    sources: Mapping[str, str]
    deployed: Digests


def write(verdict: Verdict, written: Path, tested: Tested, signer: Signer | None) -> Path:
    """Write the statement, in an envelope if signed, beside `written`, the file of the verdict; return its path."""
    digest = hashlib.sha256(written.read_bytes()).hexdigest()
    url = verdict.by.url if verdict.by else None
    told: Mapping[str, Any] = make_statement(verdict, tested.sources, tested.deployed, verdict_sha256=digest, url=url)
    file = written.with_name(NAME)
    file.write_text(json.dumps(signer(told) if signer else told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return file
