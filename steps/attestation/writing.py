"""Leaves an attestation beside a verdict."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steps.attestation.statement import statement
from steps.drivers.revisions import Digests

if TYPE_CHECKING:
    from steps.attestation.envelope import Signer

NAME = "attestation.json"


@dataclass(frozen=True)
class Tested:
    """What a session tests: SHA-256 digests of the sources by name, and of what is deployed by ARN."""

    sources: Mapping[str, str]
    deployed: Digests


def write(judged: Mapping[str, Any], verdict: Path, tested: Tested, signer: Signer | None) -> Path:
    """attestation.json beside `verdict`, the file of `judged`: a statement, in an envelope where it is signed."""
    digest = hashlib.sha256(verdict.read_bytes()).hexdigest()
    url = judged["by"]["url"]
    told: Mapping[str, Any] = statement(judged, tested.sources, tested.deployed, verdict_sha256=digest, url=url)
    file = verdict.with_name(NAME)
    file.write_text(json.dumps(signer(told) if signer else told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return file
