"""The folder of Allure's results: each file whole or not at all, and none with a secret or a hidden character."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from allure_commons import hookimpl
from allure_commons.model2 import TestResult
from attr import asdict

from steps.masking.masking import Masking
from steps.suite.visible_text import in_data, visible


class Folder:
    """Takes what allure-pytest reports, in the place of its own writer, which neither masks nor escapes.

    Fixtures are not reported: they are how the suite is built, and the steps tell what a reader has to know.
    """

    def __init__(self, path: Path, masking: Masking, *, empty: bool) -> None:
        self.path, self._masking = path, masking
        if empty:
            shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True, exist_ok=True)

    @hookimpl
    def report_result(self, result: TestResult) -> None:
        """One file for each result; a result that comes again replaces itself."""
        self.keep(f"{result.uuid}-result.json", asdict(result, filter=lambda _, value: bool(value) or value is False))

    @hookimpl
    def report_attached_data(self, body: str | bytes, file_name: str) -> None:
        text = body if isinstance(body, str) else body.decode("utf-8", "replace")
        self.write(file_name, self._masking.text(text))

    def keep(self, name: str, value: Any) -> None:
        """A file of JSON."""
        self.write(name, json.dumps(in_data(self._masking.data(value)), ensure_ascii=False))

    def write(self, name: str, text: str) -> None:
        """A file of text that holds no secret."""
        draft = self.path / f"{name}.tmp"
        draft.write_text(visible(text), "utf-8")
        draft.replace(self.path / name)
