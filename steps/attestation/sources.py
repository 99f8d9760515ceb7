"""Digests of the sources that a session tests: templates, packages, schema and file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from steps.cloudformation.packages import digests
from steps.targets.system import SystemUnderTest


def digest_sources(system: SystemUnderTest, file: Path) -> dict[str, str]:
    """Return SHA-256 by name: `template.yaml`, `data.yaml`, `schema.sql`, the file, `package SplitterFunction`..."""
    schema = next(folder / "schema.sql" for folder in system.sql if (folder / "schema.sql").is_file())
    files = {"template.yaml": system.template, "data.yaml": system.data_template, "schema.sql": schema, file.name: file}
    packages = {f"package {name}": digest for name, digest in digests(system.template).items()}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()} | packages
