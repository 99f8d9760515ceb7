"""A piece of evidence that a step hands to whoever reads the report."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, NoReturn, TypeVar, cast

import pytest

from steps.suite.deviation import Deviation

Kind = Literal["csv", "json", "link", "svg", "text"]


class Attachment(NamedTuple):
    """What it shows, in which form, and itself; a link's content is its address."""

    name: str
    kind: Kind
    content: str


def table(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Attachment:
    """Rows under their columns, as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return Attachment(name, "csv", text.getvalue())


def document(name: str, value: Any) -> Attachment:
    """Whatever JSON can hold, and moments and decimals as text."""
    return Attachment(name, "json", json.dumps(value, ensure_ascii=False, indent=1, default=str))


T = TypeVar("T")


class ControlFailed(Exception):
    """A check did not find the deviation planted for it, so that its silence means nothing."""

    diagnosis = "check-broken"


class Finding:
    """The one way in which steps judge."""

    def __init__(self) -> None:
        self.findings: list[tuple[str, str]] = []
        self.controls: list[tuple[str, bool]] = []
        self.deviations: list[Deviation] = []
        self.attachments: list[Attachment] = []

    def attach(self, *attachments: Attachment) -> None:
        """What a reader of the report may want to see of this step, whatever it comes to."""
        self.attachments += attachments

    def equal(self, got: Any, wanted: Any, what: str) -> None:
        """`got` has to be `wanted`."""
        self.holds(got == wanted, wanted=f"{wanted} {what}", got=str(got))

    def holds(self, true: bool, *, wanted: str, got: str, evidence: str = "") -> None:
        """The claim `wanted` has to be `true`; `got` is what was found instead, `evidence` where to look."""
        self.findings.append((wanted, got))
        if not true:
            raise AssertionError("\n".join(filter(None, [f"wanted {wanted}, got {got}", evidence])))

    def suspect(self, diagnosis: str, text: str) -> None:
        """What is wrong points to this diagnosis; judges nothing by itself."""
        self.deviations.append(Deviation(diagnosis, text))

    def none(self, deviations: Sequence[Deviation], *, wanted: str, got: str) -> None:
        """Nothing may deviate from `wanted`; `got` is what was found if nothing does."""
        self.deviations += deviations
        found = got if not deviations else f"{len(deviations)} deviation{'s' if len(deviations) > 1 else ''}"
        self.holds(not deviations, wanted=wanted, got=found, evidence="\n".join(each.text for each in deviations))

    def there(self, got: T | None, *, wanted: str, missing: Deviation) -> T:
        """`wanted` has to be there; returns it."""
        self.none([missing] if got is None else [], wanted=wanted, got="there")
        return cast(T, got)

    def not_checked(self, reason: str) -> NoReturn:
        """Nothing can be said here, and why."""
        pytest.skip(reason)

    def control(self, id: str, found: bool) -> None:
        """The same check over evidence with one deviation planted has to find it."""
        self.controls.append((id, found))
        if not found:
            raise ControlFailed(
                f"The check did not find what was planted for it ({id}), so that it proves nothing."
                "\n  remedy: mend the check"
            )


FINDING = pytest.StashKey[Finding]()


@pytest.fixture
def finding(request: pytest.FixtureRequest) -> Finding:
    """The findings of this scenario."""
    node: pytest.Item = request.node
    return node.stash.setdefault(FINDING, Finding())
