"""The content of verdict.json: made once a session by `steps.verdict.record`, read by every report.

`python -m steps.verdict` prints its JSON Schema, docs/verdict.schema.json; docs/verdict.md explains the fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, ValidationError
from pydantic.json_schema import SkipJsonSchema

from steps.suite.visible_text import visible
from steps.verdict.words import Document, Filled, Text, Words

Conclusion = Literal["GO", "NO-GO", "UNKNOWN"]
Status = Literal["passed", "failed", "broken", "not-checked"]
Mark = Literal["passed", "failed", "waived", "broken", "not-checked"]
"""A status, or waived for a NO that is waived."""
Mode = Literal["live", "static"]
Id = Annotated[str, Field(pattern="^[A-Z]{3}-[0-9]{2}$")]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Day = Annotated[date, PlainSerializer(date.isoformat)]
RELEASE_TARGET = "aws-dev"
"""The target whose GO is a release's."""
_FAULTS = 3  # of a content that is no verdict: more would tell a reader no more
_ENDED = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


class Part(BaseModel):
    """A part of the verdict; it has no fields but the declared ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Tester(Part):
    """The person or the CI run that ran the session."""

    name: Text = Field(description="the user, or who set off the CI run")
    url: Text | None = Field(description="the page of the CI run")


class Suite(Part):
    """The version of the suite that judged."""

    version: str
    commit: str | None
    dirty: bool | None = Field(description="whether the working tree differed from the commit")
    versions: dict[str, str] = Field(
        default={}, description="of Python and of the dependencies that a verdict may hang on"
    )


class TestedSystem(Part):
    """The folder of the pipeline under test and the digest of its content."""

    __test__ = False  # no class of tests, although its name begins like one
    dir: Text
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Run(Part):
    """The one execution that the session's upload set off; what did not come about is null."""

    execution_arn: Text | None
    status: Text | None = Field(description="AWS's own word for it", json_schema_extra={"enum": [*_ENDED, None]})
    bucket: Text | None
    key: Text | None
    version_id: Text | None
    started_by: Literal["event", "manual", "none"]


class Waiver(Part):
    """The acceptance that a line is NO for a time."""

    reason: Filled
    who: Filled
    expires: Day = Field(description="the last day, in UTC, on which it holds")


class Control(Part):
    """A planted deviation, and whether the check found it."""

    id: Text
    found: bool


class ScenarioResult(Part):
    """The result of a scenario that claims the line."""

    id: Text
    status: Status
    flaky: bool = Field(default=False, description="failed, and passed when it was run again in this session")


class LineResult(Part):
    """The result of a line of the checklist."""

    status: Status
    mode: Mode
    waived: Waiver | None
    reason: Text
    wanted: Text
    got: Text
    criterion: Words | None = Field(default=None, description="the claims that `found` is about")
    found: Words | None = Field(default=None, description="the sentence of the line; of a NO, only what is wrong")
    controls: list[Control]
    scenarios: list[ScenarioResult]
    applies: bool = Field(description="false: acceptance.toml says why the line does not apply")

    @property
    def mark(self) -> Mark:
        """The status that reports show."""
        return "waived" if self.waived else self.status


class RankedDiagnosis(Part):
    """A reason why lines are NO, with the lines and requirements that it explains; rank 1 is the best."""

    id: Text = Field(description="one of docs/diagnoses.md")
    rank: int = Field(ge=1)
    items: list[Id]
    cause: Words
    evidence: list[Text]
    remedy: Words
    follows: Text | SkipJsonSchema[None] = Field(
        default=None, description="the diagnosis of the failed execution, which explains this one too"
    )


class Discrepancy(Part):
    """A record whose fate is not as wanted, or on which the stores disagree."""

    record: int | None = Field(description="the record's line in the file; null: no record")
    user: Text
    fate: Literal["applied", "rejected", "lost", "doubled", "altered", "unexpected"]
    stores: Document = Field(description="what each store says of the record")


class Measured(Part):
    """The figures of the session and of its execution; those of the execution are absent where there was none."""

    seconds: float | SkipJsonSchema[None] = Field(default=None, description="of the execution")
    records_per_second: float | SkipJsonSchema[None] = None
    peak_chunks: int | SkipJsonSchema[None] = Field(default=None, description="the most chunks at once")
    phases: dict[str, float] = Field(description="seconds of each phase of the session")
    session_seconds: float


class Verdict(Part):
    """The verdict of a session on a pipeline."""

    schema_version: Literal[1] = Field(alias="schema")
    verdict: Conclusion
    complete: bool
    exit: Literal[0, 1, 6, 7]
    scope: list[Id] = Field(json_schema_extra={"uniqueItems": True})
    target: Text | None
    account: Text | None = Field(json_schema_extra={"pattern": "^[0-9]{12}$"})
    region: Text | None
    started: Moment
    ended: Moment
    by: Tester | SkipJsonSchema[None] = None
    suite: Suite
    system_under_test: TestedSystem | None
    run: Run
    items: dict[Id, LineResult] = Field(description="every line of the checklist, by its id")
    beyond: dict[Id, LineResult] | SkipJsonSchema[None] = Field(
        default=None, description="the requirements beyond the checklist, by id; absent where no scenario answers one"
    )
    diagnoses: list[RankedDiagnosis]
    discrepancies: list[Discrepancy]
    measured: Measured
    notes: list[Text]
    altered_by: list[Text] = Field(
        default=[], description="options, variables and uncommitted changes that make it no session for a release"
    )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the verdict that is written in `text`; raises ValueError that names the first faults of another."""
        try:
            return cls.model_validate(json.loads(text))
        except ValidationError as invalid:
            errors = invalid.errors(include_url=False, include_input=False)
            faults = [f"{'.'.join(map(str, error['loc'])) or 'the whole'}: {error['msg']}" for error in errors]
            more = [f"and {len(faults) - _FAULTS} more"] if len(faults) > _FAULTS else []
            raise ValueError("; ".join([*faults[:_FAULTS], *more])) from None

    def data(self) -> dict[str, Any]:
        """Return the content of verdict.json as dicts and lists; a field that nobody set is left out."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    def to_json(self) -> str:
        """Return the text of verdict.json."""
        return visible(json.dumps(self.data(), ensure_ascii=False, indent=1, default=str)) + "\n"

    def with_texts(self, change: Callable[[Any], Any]) -> Self:
        """Return a copy with `change` applied to each free text, and to each document of free texts."""
        return self.model_validate(self.data(), context=change)

    def with_notes(self, notes: Sequence[str]) -> Self:
        """Return a copy with these notes added."""
        return self.model_copy(update={"notes": [*self.notes, *notes]})

    @property
    def is_trial(self) -> bool:
        """True for the GO of an emulated AWS, which releases nothing."""
        return self.verdict == "GO" and self.target != RELEASE_TARGET

    @property
    def is_waived(self) -> bool:
        """True if a line in scope is NO and waived."""
        return any(line.waived for line in self.lines_in_scope.values())

    @property
    def roots(self) -> list[RankedDiagnosis]:
        """The diagnoses that follow from no other."""
        return [each for each in self.diagnoses if each.follows is None]

    def find_sequels(self, root: RankedDiagnosis) -> list[Id]:
        """Return the lines of the diagnoses that follow from `root`, in the checklist's order."""
        lines = {id for each in self.diagnoses if each.follows == root.id for id in each.items}
        return [id for id in self.items if id in lines]

    @property
    def lines_in_scope(self) -> dict[str, LineResult]:
        """The lines that count towards the verdict, in the checklist's order."""
        return {id: item for id, item in self.items.items() if id in self.scope}

    @property
    def judged(self) -> dict[str, LineResult]:
        """All that counts towards the verdict: the lines in scope, and the requirements beyond the checklist."""
        return self.lines_in_scope | (self.beyond or {})
