"""The corpus: cases of one area in a TOML file, each with its source and AWS's answer."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("cases")
AREAS = {
    "patterns": "Event patterns: match or not",
    "patterns_refused": "Event patterns refused by TestEventPattern",
    "patterns_ruler": "Event patterns taken or refused by PutRule",
    "put_events": "Entries of PutEvents",
    "targets": "Targets refused by PutTargets",
    "delivery": "Text that a target receives",
    "reach": "Targets that an event reaches",
    "iam": "IAM policies",
    "step_functions": "Step Functions with JSONPath",
    "choice": "Choice rules",
    "jsonata": "Step Functions with JSONata",
    "tasks": "Step Functions' tasks of other services",
    "definitions": "Definitions refused by CreateStateMachine",
    "s3_events": "S3 events",
    "lambda": "Lambda's payloads, causes, log lines and limits",
    "log_filters": "Filter patterns of CloudWatch Logs",
}
"""Areas by the name of their file, with their titles; in the order of the page."""


@dataclass(frozen=True)
class Case:
    """One request or definition with AWS's answer."""

    area: str
    id: str
    source: str
    """The address of the recording or of the documentation."""
    given: dict[str, Any]
    """The other fields of the file, as they stand there; structures are JSON text."""

    @property
    def name(self) -> str:
        """Area and id, which no other case has together."""
        return f"{self.area}/{self.id}"

    def __getitem__(self, field: str) -> Any:
        """The field as it stands in the file."""
        return self.given[field]

    def json(self, field: str, default: Any = None) -> Any:
        """The structure in a field of JSON text."""
        return json.loads(self.given[field]) if field in self.given else default


def cases_of(area: str) -> Iterator[Case]:
    """Yield the cases of an area; a case that names one of the file's definitions has it in its place."""
    content = tomllib.loads((FOLDER / f"{area}.toml").read_text(encoding="utf-8"))
    definitions = content.get("definitions", {})
    for given in content["case"]:
        identifier, source = given.pop("id"), given.pop("spec", "") or content["source"] + given.pop("source", "")
        if "definition" in given:
            given["definition"] = definitions.get(given["definition"], given["definition"])
        yield Case(area, identifier, source, given)
