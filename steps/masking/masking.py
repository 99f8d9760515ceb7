"""Masks secrets in text: known secrets, and everything that looks like a secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from steps.masking import secret_shapes
from steps.masking.secret_forms import SHORTEST, Form, Search, Span, forms
from steps.masking.secret_shapes import SECRET_NAME, SECRET_VARIABLE

MASK = "***"
_NO_SECRETS = {"null", "none", "true", "false", "test"}
"""Values that are no secrets; emulators accept `test` as a key."""


_SETTINGS = "ACCEPTANCE_"
"""The prefix of the suite's own settings, which hold no secret: ACCEPTANCE_AURORA_SECRET is the name of one."""


class Masking:
    """Knows the secrets of a session and masks them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._known: dict[str, list[Form]] = {}
        self.learn(variables)

    def learn(self, variables: Mapping[str, str]) -> None:
        """Add the values of variables with secret names, and the secrets within the values of all others."""
        for name, value in variables.items():
            if name.startswith(_SETTINGS):
                continue
            for secret in [value] if SECRET_VARIABLE.search(name) else _shown(value):
                if len(secret) >= SHORTEST and secret.lower() not in _NO_SECRETS:
                    self._known[secret] = list(forms(secret))
        self._search = Search(form for known in self._known.values() for form in known)

    def text(self, text: str) -> str:
        """Return `text` with MASK in place of each secret."""
        small = _in_small_letters(text)
        found = [*self._search.spans(text, small), *secret_shapes.spans(text, small)]
        return _without(found, text) if found else text

    def data(self, value: Any) -> Any:
        """Mask every text in dicts, lists and tuples; also mask each whole text or number under a secret name."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.data(name): self._named(name, each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.data(each) for each in value]
        return value

    def _named(self, name: Any, value: Any) -> Any:
        secret = isinstance(name, str) and SECRET_NAME.search(name) and value and type(value) in (str, int, float)
        return MASK if secret else self.data(value)


def _shown(text: str) -> Iterator[str]:
    """Yield the secrets recognisable in `text`, such as the password of a URL, both raw and unescaped."""
    for start, end in secret_shapes.spans(text, _in_small_letters(text)):
        yield text[start:end]
        yield unquote(text[start:end])
        try:
            yield json.loads(f'"{text[start:end]}"')
        except ValueError:
            continue


def _in_small_letters(text: str) -> str:
    """Return `text` in lower case, equally long: İ alone would become two characters."""
    return text.replace("İ", "I").lower()


def _without(spans: Iterable[Span], text: str) -> str:
    """Return `text` with MASK in place of each span; overlapping spans get one MASK."""
    parts, at = [], 0
    for start, end in sorted(spans):
        if start >= at and end > start:
            parts += [text[at:start], MASK]
        at = max(at, end)
    return "".join([*parts, text[at:]])
