"""A difference as it is told: where, what is declared, what is deployed, and nothing of secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Path = tuple[str, ...]
"""The names that lead to a property; [one] in brackets is an element of a list."""

HIDDEN = "(not shown)"
_SECRET = re.compile(r"(?i)passw|passphrase|_pass$|secret_?string|token|api_?key|private_?key|credential")


@dataclass(frozen=True)
class Difference:
    """A property, by its path, that is not as declared; None stands for nothing, the empty path for the resource."""

    path: str
    declared: Any
    deployed: Any

    def __str__(self) -> str:
        if not self.path:
            return f"{self.declared} does not exist"
        return f"{self.path}: {_said(self.declared)} is declared, {_said(self.deployed)} is deployed"


def difference(path: Path, declared: Any, deployed: Any) -> Difference:
    """The difference at `path`, with HIDDEN for whatever a name on the way to it calls a secret."""
    secret = any(_SECRET.search(part) for part in path)
    return Difference(".".join(path).replace(".[", "["), _shown(declared, secret), _shown(deployed, secret))


def _shown(value: Any, secret: bool) -> Any:
    if isinstance(value, dict):
        return {name: _shown(each, secret or bool(_SECRET.search(name))) for name, each in value.items()}
    if isinstance(value, list):
        return [_shown(each, secret) for each in value]
    return HIDDEN if secret and value is not None else value


def _said(value: Any) -> str:
    return "nothing" if value is None else repr(value)
