"""The types of the settings' values, which validate each value when it is read."""

from __future__ import annotations

import re
from itertools import permutations
from pathlib import Path
from string import Formatter
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from steps.drivers.activity_file import COLUMNS, HEADER
from steps.drivers.execution_input import ObjectPaths
from steps.drivers.jsonpath import steps
from steps.drivers.names import Names
from steps.paths import ROOT

_NUMBERS = {("n", spec, None) for spec in ("", *(f"0{width}" for width in range(1, 10)))}
USUAL_FILE = ROOT / "features" / "files" / "test-user-stats-20250807-100records.csv"


def _listed(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _fillable(pattern: str) -> str:
    try:
        Names("any", others={"bucket": pattern}).named("bucket")
    except (LookupError, ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"cannot be filled in: {error}") from error
    return pattern


def _names_alone(path: str) -> str:
    if not (way := steps(path)) or not all(isinstance(step, str) for step in way):
        raise ValueError("has to lead by names alone, such as $.detail.object.key")
    return path


def _one_line(reason: str) -> str:
    if not reason.strip() or len(reason.splitlines()) > 1:
        raise ValueError("has to say in one line why the line does not apply")
    return reason.strip()


def _numbered(pattern: str) -> str:
    """Refuse a pattern that would give two users the same text."""
    try:
        fields = [field[1:] for field in Formatter().parse(pattern) if field[1] is not None]
    except ValueError as error:
        raise ValueError(f"cannot be filled in: {error}") from error
    if len(fields) != 1 or fields[0] not in _NUMBERS:
        raise ValueError("has to hold the user's number once, as {n} or, with leading zeros, as {n:03}")
    return pattern


def _address(pattern: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", pattern.format(n=1)):
        raise ValueError("has to make an address, such as test{n:03}@example.com")
    return pattern


def _three_columns(header: str) -> str:
    if len(header.split(",")) != len(COLUMNS):
        raise ValueError("has to name three columns, those of user id, logins and posts")
    return header


Ids = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Environments = Annotated[Ids, Field(min_length=1)]
Pattern = Annotated[str, AfterValidator(_fillable)]
JsonPath = Annotated[str, AfterValidator(_names_alone)]
Header = Annotated[str, AfterValidator(_three_columns)]
Numbered = Annotated[str, AfterValidator(_numbered)]
Address = Annotated[Numbered, AfterValidator(_address)]
Reason = Annotated[str, AfterValidator(_one_line)]
Action = Annotated[str, Field(pattern=r"^[a-z0-9-]+:[A-Za-z]+$")]


class Table(BaseModel):
    """A table of the settings: immutable, and without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(Table):
    """The paths at which an execution's input names the object; by default those of the S3 event."""

    bucket: JsonPath = ObjectPaths.bucket
    key: JsonPath = ObjectPaths.key
    version_id: JsonPath = ObjectPaths.version_id

    @model_validator(mode="after")
    def _apart(self) -> Input:
        for one, other in permutations(self.model_dump().values(), 2):
            if steps(other)[: len(steps(one))] == steps(one):
                raise ValueError(f"{one} and {other} cannot both be values")
        return self

    @property
    def paths(self) -> ObjectPaths:
        return ObjectPaths(**self.model_dump())


class Csv(Table):
    """The CSV file to upload, relative to the pipeline's folder, and its header; by default the suite's own file."""

    file: Path | None = None
    header: Header = HEADER

    @property
    def name(self) -> str:
        """The file's name."""
        return (self.file or USUAL_FILE).name

    def file_in(self, folder: Path) -> Path:
        """The file's path, if the pipeline is in `folder`."""
        return folder / self.file if self.file else USUAL_FILE


class Counts(Table):
    """The number of test users (U00001 and so on), of the file's records, and of each function's variables."""

    users: int = Field(default=100, ge=1, le=99_999)
    records: int = Field(default=100, ge=1)
    environment_variables: int = Field(default=20, ge=1)

    @property
    def test_users(self) -> list[str]:
        """The ids of the test users, in order."""
        return [f"U{n:05d}" for n in range(1, self.users + 1)]


class UserPatterns(Table):
    """The patterns of the test users' registered names and e-mail addresses; {n} is the user's number."""

    username: Numbered = "testuser{n:03}"
    email: Address = "test{n:03}@example.com"
