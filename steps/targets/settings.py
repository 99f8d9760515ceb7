"""The settings file, which describes a pipeline and the account that it is deployed to."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from steps.drivers.activity_file import ActivityFile
from steps.drivers.iam import USUAL_ACTIONS
from steps.drivers.names import USUAL, Names
from steps.drivers.users import User
from steps.explained_error import ExplainedError
from steps.suite.visible_text import quoted
from steps.targets.settings_values import (
    Action,
    Counts,
    Csv,
    Environments,
    Ids,
    Input,
    Pattern,
    Reason,
    Table,
    UserPatterns,
)

PREFIX = "ACCEPTANCE_"
FILE = "acceptance.toml"
ACCOUNT = ("account", "aurora_secret")
"""The settings required for a pipeline that is already deployed in an account."""


class SettingsError(ExplainedError):
    """The settings cannot be used; the message names every invalid value."""

    def __init__(self, file: Path, faults: Iterable[str]) -> None:
        super().__init__(
            f"The settings in {file} cannot be used.",
            evidence=map(quoted, faults),
            remedy=f"mend them there or by {PREFIX}* variables",
        )


class Settings(Table):
    """A pipeline's settings; see docs/own-pipeline.md for each of them."""

    project: str = Field(min_length=1)
    environment: str = Field(default="dev", min_length=1)
    environments: Environments = ("dev", "test", "staging")
    region: str = Field(default="ap-northeast-1", pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d$")
    account: str = Field(default="", pattern=r"^\d{12}$")
    aurora_secret: str = Field(default="", min_length=1)
    aurora_endpoint: str = ""
    aurora_database: str = ""
    security_groups: Ids = ()
    subnets: Ids = ()
    start_seconds: int | None = Field(default=None, ge=1, le=3600)
    names: Mapping[str, Pattern] = Field(default_factory=dict)
    account_names: Mapping[str, Pattern] = Field(default_factory=dict)
    input: Input = Input()
    csv: Csv = Csv()
    rejections: str = ""
    counts: Counts = Counts()
    test_users: UserPatterns = UserPatterns()
    permissions: Mapping[str, tuple[Action, ...]] = Field(default_factory=dict)
    not_applicable: Mapping[str, Reason] = Field(default_factory=dict)

    @property
    def actions(self) -> dict[str, tuple[str, ...]]:
        """The actions that the functions must be allowed, by the resource they act on."""
        return USUAL_ACTIONS | dict(self.permissions)

    @property
    def users(self) -> list[User]:
        """The test users as registered in the database, in order."""
        username, email = self.test_users.username, self.test_users.email
        ids = enumerate(self.counts.test_users, 1)
        return [User(id, username.format(n=n), email.format(n=n)) for n, id in ids]

    def names_in(self, account: str) -> Names:
        """The physical names of all resources in that account; `account_names` hold in `self.account` alone."""
        own = self.account_names if account == self.account else {}
        return Names(account, self.region, self.project, self.environment, {**self.names, **own})


def read(
    file: Path,
    environment: Mapping[str, str],
    *,
    needed: Collection[str] = ACCOUNT,
    lines: Collection[str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """Read the settings in `file`, overridden by ACCEPTANCE_* variables of `environment`. Raises SettingsError.

    `needed`: the required settings. `lines`: the checklist's ids, against which not_applicable is checked. `folder`:
    the pipeline's folder, in which csv.file is checked.
    """
    try:
        told: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(file, [str(error)]) from error
    overrides = {
        name.removeprefix(PREFIX).lower(): value for name, value in environment.items() if name.startswith(PREFIX)
    }
    if overrides.get("account", told.get("account")) != told.get("account"):
        told.pop("account_names", None)  # they are those of the file's own account
    told |= overrides
    faults = [
        f"{table}.{name} is unknown; there are {', '.join(usual)}"
        for table, usual in (("names", USUAL), ("account_names", USUAL), ("permissions", USUAL_ACTIONS))
        for name in _strangers(told, table, usual)
    ]
    if lines is not None:
        strangers = _strangers(told, "not_applicable", lines)
        faults += [f"not_applicable.{id} is no line of the checklist" for id in strangers]
    if folder is not None:
        faults += [f"csv.file: {fault}" for path in _files(told, folder) for fault in _unreadable(path)]
    faults += [f"{name}: Field required" for name in needed if name not in told]
    try:
        settings = Settings.model_validate(told)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False)
        faults += [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in errors]
        raise SettingsError(file, faults) from None
    if faults:
        raise SettingsError(file, faults)
    return settings


def _files(told: Mapping[str, Any], folder: Path) -> list[Path]:
    table = told.get("csv")
    file = table.get("file") if isinstance(table, dict) else None
    return [folder / file] if isinstance(file, str) else []


def _unreadable(path: Path) -> list[str]:
    try:
        ActivityFile.read(path)
    except FileNotFoundError:
        return [f"{path} does not exist"]
    except (OSError, ValueError) as error:
        return [f"{path} cannot be read: {error}"]
    return []


def _strangers(told: Mapping[str, Any], table: str, known: Collection[str]) -> list[str]:
    found = told.get(table)
    return sorted(found.keys() - set(known)) if isinstance(found, dict) else []
