"""A change of a pipeline's sources, applied to a copy and shown as a diff. Pure but for reading and copying folders."""

from __future__ import annotations

import difflib
import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steps.paths import ROOT

BUNDLED = ROOT / "system_under_test"
_GENERATED = shutil.ignore_patterns("__pycache__", "*.pyc")


@dataclass(frozen=True)
class Replacement:
    """Replaces the characters `start` to `end` of a file, named relative to the pipeline's folder, by `text`."""

    file: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Change:
    """A change made by an operator at one place: a state, a property of a resource, a table or a function.

    layer: `state machine`, `template`, `sql` or `python`. Equal ids mean the same change, whatever lines stand before
    it; the id is the key in equivalent.toml.
    """

    layer: str
    operator: str
    place: str
    replacements: tuple[Replacement, ...]
    id: str = ""


def copy_pipeline(folder: Path, into: Path) -> Path:
    """Copy a pipeline with what it leaves to the project (data.yaml, acceptance.toml, schema.sql); return the copy."""
    shutil.copytree(folder, into, ignore=_GENERATED)
    for name, default in (
        ("data.yaml", BUNDLED / "data.yaml"),
        ("acceptance.toml", BUNDLED / "acceptance.toml"),
        ("sql/schema.sql", ROOT / "sql" / "schema.sql"),
    ):
        if not (into / name).is_file():
            (into / name).parent.mkdir(exist_ok=True)
            shutil.copy(default, into / name)
    return into


def read_sources(copy: Path) -> dict[str, str]:
    """Return the text of each file of a copied pipeline that operators change, by its relative name."""
    chosen = [copy / "template.yaml", copy / "data.yaml", copy / "sql" / "schema.sql"]
    chosen += sorted([*copy.rglob("*.asl.json"), *copy.rglob("*.py")])
    texts = {file.relative_to(copy).as_posix(): file.read_text("utf-8") for file in chosen}
    return {name: normalise(json.loads(text)) if name.endswith(".json") else text for name, text in texts.items()}


def normalise(definition: Any) -> str:
    """Return a definition as text with one value a line, so that each change shows as the lines that it is about."""
    return json.dumps(definition, ensure_ascii=False, indent=2) + "\n"


def apply(sources: Mapping[str, str], change: Change) -> dict[str, str]:
    """Return the new text of each file that the change touches."""
    texts: dict[str, str] = {}
    for each in sorted(change.replacements, key=lambda each: each.start, reverse=True):
        text = texts.get(each.file, sources[each.file])
        texts[each.file] = text[: each.start] + each.text + text[each.end :]
    return texts


def diff(sources: Mapping[str, str], change: Change, context: int = 2) -> str:
    """Return the change as a unified diff."""
    hunks: list[str] = []
    for file, text in apply(sources, change).items():
        old, new = sources[file].splitlines(), text.splitlines()
        hunks += difflib.unified_diff(old, new, f"a/{file}", f"b/{file}", n=context, lineterm="")
    return "\n".join(hunks)


def identify(sources: Mapping[str, str], changes: Iterable[Change]) -> list[Change]:
    """Give each change its id, made of operator, place and changed lines; drop repetitions and what changes nothing."""
    found: dict[str, Change] = {}
    for change in changes:
        lines = [line for file, text in apply(sources, change).items() for line in _changed_lines(sources[file], text)]
        if not lines:
            continue
        files = sorted({each.file for each in change.replacements})
        told = "\n".join([change.operator, *files, change.place, *lines])
        id = hashlib.sha256(told.encode()).hexdigest()[:12]
        found.setdefault(id, Change(change.layer, change.operator, change.place, change.replacements, id))
    return list(found.values())


def _changed_lines(old: str, new: str) -> list[str]:
    """Return the lines between those with which both texts begin and end; a diff of each change would take seconds."""
    olds, news = old.splitlines(), new.splitlines()
    first = next((n for n, (a, b) in enumerate(zip(olds, news, strict=False)) if a != b), min(len(olds), len(news)))
    olds, news = olds[first:], news[first:]
    while olds and news and olds[-1] == news[-1]:
        olds.pop()
        news.pop()
    return [*(f"-{line}" for line in olds), *(f"+{line}" for line in news)]


def whole(file: str, old: str, new: str) -> tuple[Replacement, ...]:
    """Return the replacement of a file's whole text."""
    return (Replacement(file, 0, len(old), new),)
