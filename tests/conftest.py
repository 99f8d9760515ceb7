"""The project's own tests: warnings are errors here, examples have no deadline, and nothing starts a target."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent
settings.register_profile("untimed", deadline=None)  # how long an example takes is the machine's affair
settings.register_profile("thorough", settings.get_profile("untimed"), max_examples=2000, derandomize=False)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error"), append=False)
