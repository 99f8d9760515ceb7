"""Findings of steps, and the attachments with which a report shows their evidence."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, NoReturn, TypeVar, cast

import pytest

from steps.diagnoses.ids import Diagnosis
from steps.explained_error import ExplainedError
from steps.suite.deviation import Deviation

Kind = Literal["csv", "json", "link", "svg", "text"]


class Attachment(NamedTuple):
    """Evidence for the report: its title, its format, its content. The content of a link is its URL."""

    name: str
    kind: Kind
    content: str


def table(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Attachment:
    """Return a CSV attachment of these rows."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return Attachment(name, "csv", text.getvalue())


def document(name: str, value: Any) -> Attachment:
    """Return a JSON attachment; other types, such as datetime and Decimal, become text."""
    return Attachment(name, "json", json.dumps(value, ensure_ascii=False, indent=1, default=str))


T = TypeVar("T")


class ControlFailed(ExplainedError):
    """A check did not find the deviation planted for it, so a pass of this check proves nothing."""

    diagnosis = Diagnosis.CHECK_BROKEN


class Finding:
    """Collects the findings of a scenario's steps."""

    def __init__(self) -> None:
        self.findings: list[tuple[str, str]] = []
        self.controls: list[tuple[str, bool]] = []
        self.deviations: list[Deviation] = []
        self.attachments: list[Attachment] = []

    def attach(self, *attachments: Attachment) -> None:
        """Add attachments of this step to the report, whether it passes or fails."""
        self.attachments += attachments

    def equal(self, got: Any, wanted: Any, what: str) -> None:
        """Fail unless `got` equals `wanted`."""
        self.holds(got == wanted, wanted=f"{wanted} {what}", got=str(got))

    def holds(self, true: bool, *, wanted: str, got: str, evidence: str = "") -> None:
        """Record (wanted, got); raise AssertionError, with `evidence`, unless the claim `wanted` is `true`."""
        self.findings.append((wanted, got))
        if not true:
            raise AssertionError("\n".join(filter(None, [f"wanted {wanted}, got {got}", evidence])))

    def suspect(self, diagnosis: Diagnosis, text: str) -> None:
        """Record a deviation with this diagnosis; does not fail the step."""
        self.deviations.append(Deviation(diagnosis, text))

    def none(self, deviations: Sequence[Deviation], *, wanted: str, got: str) -> None:
        """Fail if there are `deviations`; `got` describes the result if there are none."""
        self.deviations += deviations
        found = got if not deviations else f"{len(deviations)} deviation{'s' if len(deviations) > 1 else ''}"
        self.holds(not deviations, wanted=wanted, got=found, evidence="\n".join(each.text for each in deviations))

    def there(self, got: T | None, *, wanted: str, missing: Deviation) -> T:
        """Return `got`; fail with `missing` if it is None."""
        self.none([missing] if got is None else [], wanted=wanted, got="there")
        return cast(T, got)

    def not_checked(self, reason: str) -> NoReturn:
        """Skip the scenario: nothing can be judged."""
        pytest.skip(reason)

    def control(self, id: str, found: bool) -> None:
        """Record whether the check found a planted deviation; raise ControlFailed if not."""
        self.controls.append((id, found))
        if not found:
            raise ControlFailed(
                f"The check did not find what was planted for it ({id}), so that it proves nothing.",
                remedy="mend the check",
            )


FINDING = pytest.StashKey[Finding]()


@pytest.fixture
def finding(request: pytest.FixtureRequest) -> Finding:
    """The findings of this scenario."""
    node: pytest.Item = request.node
    return node.stash.setdefault(FINDING, Finding())
