"""Texts of a verdict: free text that a session found, and texts in Japanese and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo


def _changed(value: Any, info: ValidationInfo) -> Any:
    return info.context(value) if callable(info.context) else value


Text = Annotated[str, AfterValidator(_changed)]
"""Free text, which `Verdict.with_texts` can mask or make visible; the contract's own words are no Text."""
Document = Annotated[dict[str, Any], AfterValidator(_changed)]
"""Free texts and numbers by name."""
Filled = Annotated[str, Field(pattern=r"\S"), AfterValidator(_changed)]
"""Text that is not blank."""


@dataclass(frozen=True)
class Words:
    """One text in Japanese and English."""

    ja: Filled
    en: Filled
    __pydantic_config__ = ConfigDict(extra="forbid")
