"""The settings file: what the suite has to know of a pipeline and of the account that it is deployed to."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from steps.drivers.names import USUAL, Names

_PREFIX = "ACCEPTANCE_"
FILE = "acceptance.toml"


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


Ids = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Pattern = Annotated[str, AfterValidator(_fillable)]


class Settings(BaseModel):
    """One account's settings; docs/own-pipeline.md says what each is for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: str = Field(min_length=1)
    environment: str = Field(min_length=1)
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    account: str = Field(pattern=r"^\d{12}$")
    aurora_secret: str = Field(min_length=1)
    security_groups: Ids = ()
    subnets: Ids = ()
    names: Mapping[str, Pattern] = Field(default_factory=dict)

    def names_in(self, account: str) -> Names:
        """The names of everything, in that account."""
        return Names(account, self.region, self.project, self.environment, self.names)


def read(file: Path, environment: Mapping[str, str]) -> Settings:
    """The settings in `file`, overridden by the ACCEPTANCE_* variables of `environment`; raises SettingsError."""
    try:
        told: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(_sentence(file, [str(error)])) from error
    told |= {
        name.removeprefix(_PREFIX).lower(): value for name, value in environment.items() if name.startswith(_PREFIX)
    }
    faults = [f"names.{name} is unknown; there are {', '.join(USUAL)}" for name in _strangers(told)]
    try:
        settings = Settings.model_validate(told)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False)
        faults += [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in errors]
        raise SettingsError(_sentence(file, faults)) from None
    if faults:
        raise SettingsError(_sentence(file, faults))
    return settings


def _strangers(told: Mapping[str, Any]) -> list[str]:
    names = told.get("names")
    return sorted(names.keys() - USUAL.keys()) if isinstance(names, dict) else []


def _sentence(file: Path, faults: list[str]) -> str:
    evidence = "".join(f"\n  evidence: {fault}" for fault in faults)
    return f"The settings in {file} cannot be used.{evidence}\n  remedy: mend them there or by {_PREFIX}* variables"
