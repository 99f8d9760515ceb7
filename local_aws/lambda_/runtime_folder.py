"""The runtime that AWS provides beside a function's code: only awslambdaric, boto3 and their dependencies."""

from __future__ import annotations

import re
import shutil
from importlib import metadata, util
from pathlib import Path

_BUNDLED = ("awslambdaric", "boto3")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_CHILD = Path(__file__).with_name("child")


def make_runtime_folder(folder: Path) -> Path:
    """Fill `folder` with links to the runtime's packages as installed for this Python, and return it."""
    folder.mkdir(parents=True)
    for distribution in _closure(_BUNDLED):
        for entry in _top_level_entries(distribution):
            link = folder / entry
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(entry))).resolve())
    if util.find_spec("runtime_client") is None:
        (folder / "runtime_client.py").symlink_to(_CHILD / "runtime_client.py")
    return folder


def make_node_runtime_folder(folder: Path) -> Path:
    """Make `folder` with the runtime client of Node, named as on AWS, since stack traces name it; return it."""
    folder.mkdir(parents=True)
    shutil.copy(_CHILD / "node.mjs", folder / "index.mjs")
    return folder


def _closure(names: tuple[str, ...]) -> list[metadata.Distribution]:
    wanted, found = list(names), dict[str, metadata.Distribution]()
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            if name in names:
                raise
            continue  # a requirement for another platform or Python
        for requirement in found[name].requires or ():
            if "extra ==" not in requirement and (match := _NAME.match(requirement)):
                wanted.append(match.group())
    return list(found.values())


def _top_level_entries(distribution: metadata.Distribution) -> set[str]:
    entries = {file.parts[0] for file in distribution.files or ()}
    return entries - {"..", "__pycache__"}
