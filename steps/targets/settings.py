"""The settings file: what the suite has to know of a pipeline and of the account that it is deployed to."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from itertools import permutations
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from steps.drivers.execution_input import ObjectPaths
from steps.drivers.jsonpath import steps
from steps.drivers.names import USUAL, Names
from steps.targets.system import ROOT

_PREFIX = "ACCEPTANCE_"
FILE = "acceptance.toml"
USUAL_FILE = ROOT / "features" / "files" / "test-user-stats-20250807-100records.csv"
ACCOUNT = ("account", "aurora_secret")
"""What has to be told besides where the pipeline is deployed in an account."""


class SettingsError(Exception):
    """The settings cannot be used; names every value at fault."""


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


def _three_columns(header: str) -> str:
    if header.count(",") != 2:
        raise ValueError("has to name three columns, those of user id, logins and posts")
    return header


Ids = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Pattern = Annotated[str, AfterValidator(_fillable)]
JsonPath = Annotated[str, AfterValidator(_names_alone)]
Header = Annotated[str, AfterValidator(_three_columns)]
Reason = Annotated[str, AfterValidator(_one_line)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(_Table):
    """Where an execution's input names the object; unless said, the S3 event itself is the input."""

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


class Csv(_Table):
    """The file to deliver, relative to the pipeline's folder, and its header; no file: the suite's own."""

    file: Path | None = None
    header: Header = "ユーザーID,ログイン回数,投稿回数"

    @property
    def name(self) -> str:
        """The agreed name of the file."""
        return (self.file or USUAL_FILE).name

    def file_in(self, folder: Path) -> Path:
        """Where the file is, the pipeline being in `folder`."""
        return folder / self.file if self.file else USUAL_FILE


class Counts(_Table):
    """How many test users there are, U00001 and so on, records of the file, and variables of each function."""

    users: int = Field(default=100, ge=1, le=99_999)
    records: int = Field(default=100, ge=1)
    environment_variables: int = Field(default=20, ge=1)

    @property
    def test_users(self) -> list[str]:
        """The ids of the test users, in order."""
        return [f"U{n:05d}" for n in range(1, self.users + 1)]


class Settings(_Table):
    """A pipeline's settings; docs/own-pipeline.md says what each is for."""

    project: str = Field(min_length=1)
    environment: str = Field(default="dev", min_length=1)
    region: str = Field(default="ap-northeast-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    account: str = Field(default="", pattern=r"^\d{12}$")
    aurora_secret: str = Field(default="", min_length=1)
    security_groups: Ids = ()
    subnets: Ids = ()
    names: Mapping[str, Pattern] = Field(default_factory=dict)
    input: Input = Input()
    csv: Csv = Csv()
    counts: Counts = Counts()
    not_applicable: Mapping[str, Reason] = Field(default_factory=dict)

    def names_in(self, account: str) -> Names:
        """The names of everything, in that account."""
        return Names(account, self.region, self.project, self.environment, self.names)


def read(
    file: Path,
    environment: Mapping[str, str],
    *,
    needed: Collection[str] = ACCOUNT,
    lines: Collection[str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """The settings in `file`, overridden by the ACCEPTANCE_* variables of `environment`; raises SettingsError.

    `needed`: what must not be left out here. `lines`: the ids of the checklist, and `folder`: the pipeline's, where
    not_applicable and csv.file are to be used.
    """
    try:
        told: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(_sentence(file, [str(error)])) from error
    told |= {
        name.removeprefix(_PREFIX).lower(): value for name, value in environment.items() if name.startswith(_PREFIX)
    }
    faults = [f"names.{name} is unknown; there are {', '.join(USUAL)}" for name in _strangers(told, "names", USUAL)]
    if lines is not None:
        strangers = _strangers(told, "not_applicable", lines)
        faults += [f"not_applicable.{id} is no line of the checklist" for id in strangers]
    if folder is not None:
        faults += [f"csv.file: {path} does not exist" for path in _files(told, folder) if not path.is_file()]
    faults += [f"{name}: Field required" for name in needed if name not in told]
    try:
        settings = Settings.model_validate(told)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False)
        faults += [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in errors]
        raise SettingsError(_sentence(file, faults)) from None
    if faults:
        raise SettingsError(_sentence(file, faults))
    return settings


def _files(told: Mapping[str, Any], folder: Path) -> list[Path]:
    table = told.get("csv")
    file = table.get("file") if isinstance(table, dict) else None
    return [folder / file] if isinstance(file, str) else []


def _strangers(told: Mapping[str, Any], table: str, known: Collection[str]) -> list[str]:
    found = told.get(table)
    return sorted(found.keys() - set(known)) if isinstance(found, dict) else []


def _sentence(file: Path, faults: list[str]) -> str:
    evidence = "".join(f"\n  evidence: {fault}" for fault in faults)
    return f"The settings in {file} cannot be used.{evidence}\n  remedy: mend them there or by {_PREFIX}* variables"
