"""The folder of the system under test, which the acceptance deploys and the verdict names."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from steps.paths import ROOT
from steps.targets.files import files_of


@dataclass(frozen=True)
class SystemUnderTest:
    """A folder with template.yaml and its sources; data.yaml, sql/ and acceptance.toml in it override the project's."""

    folder: Path

    @property
    def template(self) -> Path:
        """The SAM template."""
        return self.folder / "template.yaml"

    @property
    def data_template(self) -> Path:
        """The template of the resources that Terraform manages in the dev account."""
        own = self.folder / "data.yaml"
        return own if own.is_file() else ROOT / "system_under_test" / "data.yaml"

    @property
    def sql(self) -> list[Path]:
        """The folders of SQL files, the system's own before the project's."""
        return [self.folder / "sql", ROOT / "sql"]

    @property
    def settings(self) -> Path:
        """The settings file of the pipeline and its account."""
        own = self.folder / "acceptance.toml"
        return own if own.is_file() else ROOT / "system_under_test" / "acceptance.toml"

    def sha256(self) -> str:
        """A digest of the names and contents of all files in the folder."""
        digest = hashlib.sha256()
        for file in files_of(self.folder):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file.relative_to(self.folder).as_posix()} {content}\n".encode())
        return digest.hexdigest()
