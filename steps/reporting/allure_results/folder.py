"""The folder of Allure's results: files are written atomically, with secrets masked and hidden characters escaped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from allure_commons import hookimpl
from allure_commons.model2 import TestResult
from attr import asdict

from steps.masking.masking import Masking
from steps.paths import write_atomically
from steps.suite.visible_text import in_data, visible


class Folder:
    """Writes what allure-pytest reports, instead of allure-pytest's own writer, which neither masks nor escapes.

    Fixtures are not reported: they are internals of the suite, and the steps hold everything that a reader needs.
    """

    def __init__(self, path: Path, masking: Masking, *, empty: bool) -> None:
        self.path, self._masking = path, masking
        if empty:
            shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True, exist_ok=True)

    @hookimpl
    def report_result(self, result: TestResult) -> None:
        """Write one file per result; a result reported again overwrites its file."""
        self.keep(f"{result.uuid}-result.json", asdict(result, filter=lambda _, value: bool(value) or value is False))

    @hookimpl
    def report_attached_data(self, body: str | bytes, file_name: str) -> None:
        text = body if isinstance(body, str) else body.decode("utf-8", "replace")
        self.write(file_name, self._masking.text(text))

    def keep(self, name: str, value: Any) -> None:
        """Write `value` as a JSON file, with secrets masked."""
        self.write(name, json.dumps(in_data(self._masking.data(value)), ensure_ascii=False))

    def write(self, name: str, text: str) -> None:
        """Write a text file atomically; `text` must be masked already."""
        write_atomically(self.path / name, visible(text))
