"""Translates Allure's results into Japanese: names of features, scenarios and steps, findings and reasons."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steps.reporting.texts import TEXTS
from steps.verdict.japanese import translate

FILE = "japanese.json"
"""The Japanese of what a session has found and described, by its English, beside its results."""
_ASSERTION = "AssertionError: "
_TRANSLATED = {"phase", "line", "thread", "feature", "story", "mode"}
"""The labels with values for people; Allure knows some by their names, which therefore stay."""
_LABELS = {
    **{name: TEXTS.allure[name].ja for name in ("phase", "line", "mode")},
    **{name: TEXTS.session[name].ja for name in ("target", "account", "region")},
}


def translate_results(results: Path, folder: Path) -> None:
    """Copy the results of a session into the new `folder`, in Japanese; attachments keep their content."""
    folder.mkdir()
    told: Mapping[str, str] = json.loads((results / FILE).read_text("utf-8")) if (results / FILE).is_file() else {}
    for file in results.iterdir():
        if file.name.endswith("-result.json"):
            result = _Translation(told).of_result(json.loads(file.read_text("utf-8")))
            (folder / file.name).write_text(json.dumps(result, ensure_ascii=False), "utf-8")
        elif file.name == "environment.properties":
            session = file.read_text("utf-8")
            (folder / file.name).write_text(told.get(session, session), "utf-8")
        elif file.is_file() and file.name != FILE:
            shutil.copyfile(file, folder / file.name)


class _Translation:
    def __init__(self, told: Mapping[str, str]) -> None:
        self._told = told

    def of_result(self, result: dict[str, Any]) -> dict[str, Any]:
        """Return the result with its names, labels, description, reason and steps in Japanese."""
        labels = [
            {
                "name": _LABELS.get(name := each["name"], name),
                "value": self._text(each["value"]) if name in _TRANSLATED else each["value"],
            }
            for each in result.get("labels", ())
        ]
        path = [self._text(each) for each in result.get("titlePath", ())]
        description = result.get("description", "")
        described = {"description": self._told.get(description, description)}
        return {**self._part(result), **described, "labels": labels, "titlePath": path}

    def _part(self, part: dict[str, Any]) -> dict[str, Any]:
        """Return a result, a step, an attachment or a link in Japanese."""
        told = {**part, "name": self._name(part["name"])}
        for key in ("steps", "attachments", "links"):
            if key in part:
                told[key] = [self._part(each) for each in part[key]]
        if message := part.get("statusDetails", {}).get("message"):
            told["statusDetails"] = {**part["statusDetails"], "message": self._text(message)}
        return told

    def _name(self, name: str) -> str:
        """Return the name of a step, with its keyword in the language that the step is told in."""
        keyword, _, step = name.partition(" ")
        if step and self._text(step) != step:
            return f"{self._text(keyword)} {self._text(step)}"
        return self._text(name)

    def _text(self, text: str) -> str:
        lines = text.removeprefix(_ASSERTION).split("\n")
        return "\n".join(self._told.get(line, translate(line).ja) for line in lines)
