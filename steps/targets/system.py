"""The system under test as a folder: what the acceptance deploys and what the verdict names."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from steps.targets.files import files_of

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class SystemUnderTest:
    """A folder with template.yaml and what that names; data.yaml and sql/ stand in where it has its own."""

    folder: Path

    @property
    def template(self) -> Path:
        """The SAM template."""
        return self.folder / "template.yaml"

    @property
    def data_template(self) -> Path:
        """The template of what Terraform owns in the dev account."""
        own = self.folder / "data.yaml"
        return own if own.is_file() else ROOT / "system_under_test" / "data.yaml"

    @property
    def sql(self) -> list[Path]:
        """Its own sql/ before the project's."""
        return [self.folder / "sql", ROOT / "sql"]

    @property
    def settings(self) -> Path:
        """What the suite has to know of it and of its account."""
        own = self.folder / "acceptance.toml"
        return own if own.is_file() else ROOT / "system_under_test" / "acceptance.toml"

    def sha256(self) -> str:
        """One digest over the names and contents of all its files."""
        digest = hashlib.sha256()
        for file in files_of(self.folder):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file.relative_to(self.folder).as_posix()} {content}\n".encode())
        return digest.hexdigest()
