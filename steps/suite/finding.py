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
from steps.verdict.japanese import translate
from steps.verdict.messages import Judgement, judge
from steps.verdict.words import Words, enumerate_items

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
        self.findings: list[Judgement] = []
        self.controls: list[tuple[str, bool]] = []
        self.deviations: list[Deviation] = []
        self.attachments: list[Attachment] = []

    def attach(self, *attachments: Attachment) -> None:
        """Add attachments of this step to the report, whether it passes or fails."""
        self.attachments += attachments

    def equal(self, got: Any, wanted: Any, message: str, /, *, where: str | Words = "", **values: Any) -> None:
        """Fail unless `got` equals `wanted`; both are values of the message, beside `values`."""
        self.holds(got == wanted, message, where=where, got=got, wanted=wanted, **values)

    def holds(self, true: bool, message: str, /, *, where: str | Words = "", evidence: str = "", **values: Any) -> None:
        """Record what was found, in the words of the message `message` of findings.toml filled in with `values`.

        Raise AssertionError unless the message's claim is `true`, with `where` its wrong value is, and `evidence`.
        """
        judged = judge(message, true, values, where)
        self.findings.append(judged)
        if not true:
            raise AssertionError("\n".join(filter(None, [judged.reason, evidence or judged.where.en])))

    def suspect(self, diagnosis: Diagnosis, text: str) -> None:
        """Record a deviation with this diagnosis; does not fail the step."""
        self.deviations.append(Deviation(diagnosis, text))

    def none(self, deviations: Sequence[Deviation], message: str, /, **values: Any) -> None:
        """Fail if there are `deviations`, which the message then names."""
        self.deviations += deviations
        texts = [each.text for each in deviations]
        where = enumerate_items([*map(translate, texts)], most=2)
        self.holds(not deviations, message, where=where, evidence="\n".join(texts), **values)

    def there(self, got: T | None, message: str, /, *, missing: Deviation, **values: Any) -> T:
        """Return `got`; fail with `missing` if it is None."""
        self.none([missing] if got is None else [], message, **values)
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
