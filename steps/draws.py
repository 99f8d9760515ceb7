"""Faults and moments drawn from a seed: the same seed draws the same ones. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from steps.moments import CALLS, CHUNK_RECORDS

T = TypeVar("T")
Refusal = tuple[str, int]
"""An error's code and its HTTP status."""

_REFUSALS: dict[str, Sequence[Refusal]] = {
    "dynamodb": (
        ("ProvisionedThroughputExceededException", 400),
        ("ThrottlingException", 400),
        ("InternalServerError", 500),
    ),
    "s3": (("SlowDown", 503), ("InternalError", 500), ("ServiceUnavailable", 503)),
    "secretsmanager": (("ThrottlingException", 400), ("InternalServiceError", 500)),
    "lambda": (("TooManyRequestsException", 429), ("ServiceException", 500)),
}
_CHUNKS = (1, 2, 4)
_EFFECTS: dict[str, Sequence[str]] = {
    "dynamodb": (
        "refused once",
        "refused twice",
        "refused",
        "answer lost",
        "dies before",
        "dies after",
        "stopped",
        "restart",
    ),
    "s3": ("refused once", "refused twice", "refused", "dies before", "dies after", "stopped", "restart"),
    "secretsmanager": ("refused once", "refused twice", "refused", "dies before"),
    "lambda": ("refused once", "answer lost"),
    "postgresql": ("cut before", "cut after"),
}
_COLD = "fetching the credentials"


@dataclass(frozen=True)
class Draw:
    """One file and its one fault: at which call, which effect, and with which refusal where it is one."""

    number: int
    chunks: int
    moment: str
    service: str
    effect: str
    refusal: Refusal | None

    @property
    def records(self) -> int:
        """Of the file: the last chunk has less than a whole one."""
        return CHUNK_RECORDS * self.chunks - 3

    @property
    def strangers(self) -> int:
        """How many of the records are of users that are not registered: one, where that is tolerated."""
        return 1 if self.records > 20 else 0

    @property
    def cold(self) -> bool:
        """Whether the functions have to start anew for the moment to come."""
        return self.moment == _COLD

    def __str__(self) -> str:
        how = f"{self.effect} ({self.refusal[0]}, {self.refusal[1]})" if self.refusal else self.effect
        return f"{self.number}. {self.records} records, {self.moment}: {how}"


def draws(seed: int, count: int) -> list[Draw]:
    """So many faults; the first of them are the same however many there are."""
    return [_draw(Random(f"{seed}/{number}"), number) for number in range(1, count + 1)]


def _draw(random: Random, number: int) -> Draw:
    def one_of(choices: Sequence[T]) -> T:
        return choices[int(random.random() * len(choices))]  # whose sequence Python promises to keep

    chunks = one_of(_CHUNKS)
    template, service = one_of(list(CALLS.items()))
    moment = template.replace("{chunk}", str(one_of(range(1, chunks + 1))))
    effect = one_of(_EFFECTS[service])
    refusals = [each for each in _REFUSALS.get(service, ()) if effect != "answer lost" or each[1] == 500]
    refusal = one_of(refusals) if effect.startswith(("refused", "answer")) else None
    return Draw(number, chunks, moment, service, effect, refusal)
