"""The reference pipeline in an embedded AWS, for those who ask its services."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from steps.targets.environment import Environment
from tests.steps.reference import reference_pipeline


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    with reference_pipeline() as environment:
        yield environment
