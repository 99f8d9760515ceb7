"""Reads a TOML file of tables of one kind, such as [[item]], and names all of its faults at once."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import TypeAdapter, ValidationError

from steps.explained_error import ExplainedError
from steps.suite.visible_text import quoted

T = TypeVar("T")


class MalformedFile(ExplainedError):
    """The file is refused; the message lists every fault, each with its table, and what to do."""

    cause: ClassVar[str]
    remedy: ClassVar[str]

    def __init__(self, file: Path, faults: Sequence[str]) -> None:
        super().__init__(self.cause.format(file=file), evidence=map(quoted, faults), remedy=self.remedy)


def read_tables(
    file: Path,
    of: type[T],
    name: str,
    key: str,
    refusal: type[MalformedFile],
    *,
    repeated: str = "is there",
    context: Mapping[str, Any] | None = None,
) -> list[T]:
    """Return the [[name]] tables of `file`, each as an `of`; raises `refusal`.

    key: the field that tells the tables apart. repeated: the predicate of a key that several tables have. context: for
    the validators of `of`.
    """
    try:
        told = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise refusal(file, [str(error)]) from error
    tables = told.pop(name, [])
    faults = [f"unknown beside [[{name}]]: {', '.join(sorted(told))}"] if told else []
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise refusal(file, [*faults, f"there is no [[{name}]]"])
    keys = Counter(str(table[key]) for table in tables if key in table)
    faults += [f"{id} {repeated} {count} times" for id, count in keys.items() if count > 1]
    found, adapter = [], TypeAdapter(of)
    for number, table in enumerate(tables, 1):
        try:
            found.append(adapter.validate_python(table, context=context))
        except ValidationError as invalid:
            label = table.get(key) or f"{name} {number}"
            faults += [f"{label}: {fault}" for fault in _faults(invalid)]
    if faults:
        raise refusal(file, faults)
    return found


def _faults(invalid: ValidationError) -> Iterator[str]:
    for error in invalid.errors(include_url=False):
        place = ".".join(map(str, error["loc"]))
        if error["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            yield f"{place} is unknown"
        elif error["type"] == "value_error":
            yield str(error["ctx"]["error"])
        else:
            yield f"{place} is missing, empty or no text"
