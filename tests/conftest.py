"""The project's own tests: warnings are errors here, examples have no deadline, and nothing starts a target."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

HERE = Path(__file__).parent

# Where it is missing no test of ours runs, but pytest reads this file all the same: it takes an option of the suite
# that holds a space for a path, and looks for tests in all folders.
with suppress(ModuleNotFoundError):
    from hypothesis import settings

    settings.register_profile("untimed", deadline=None)  # how long an example takes is the machine's affair
    settings.register_profile("thorough", settings.get_profile("untimed"), max_examples=2000, derandomize=False)
    settings.load_profile("untimed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "nightly" not in config.option.markexpr:
        later = [item for item in items if item.get_closest_marker("nightly")]
        items[:] = [item for item in items if item not in later]
        config.hook.pytest_deselected(items=later)
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error"), append=False)
