"""The project's own tests: warnings are errors here, examples have no deadline, and nothing starts a target."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local_aws.postgres.server import Postgres
    from steps.targets.environment import Environment

HERE = Path(__file__).parent
Command = Callable[..., "CompletedProcess[str]"]

# Where it is missing no test of ours runs, but pytest reads this file all the same: it takes an option of the suite
# that holds a space for a path, and looks for tests in all folders.
with suppress(ModuleNotFoundError):
    from hypothesis import settings

    settings.register_profile("untimed", deadline=None)  # how long an example takes is the machine's affair
    settings.register_profile("thorough", settings.get_profile("untimed"), max_examples=2000, derandomize=False)
    settings.load_profile("untimed")


@pytest.fixture(scope="session")
def environment() -> Iterator[Environment]:
    """The reference pipeline in an embedded AWS, for tests that restore what they change of it."""
    from tests.steps.reference import reference_pipeline

    with reference_pipeline() as environment:
        yield environment


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Does in this process as `python -m commands` does, with these environment variables besides its own."""

    from commands.__main__ import main

    def run(*arguments: str, **variables: str) -> CompletedProcess[str]:
        with monkeypatch.context() as environment:
            for name, value in variables.items():
                environment.setenv(name, value)
            try:
                code = main(arguments)
            except SystemExit as ended:
                code = int(str(ended.code))
        return CompletedProcess(arguments, code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for tests that need no AWS beside it."""
    from local_aws.postgres.server import Postgres

    with TemporaryDirectory() as folder, Postgres(Path(folder)) as server:
        yield server


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    """The URL of a database that ends with the test."""
    import psycopg

    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE own")
        yield postgres.url.rpartition("/")[0] + "/own"
        connection.execute("DROP DATABASE own (FORCE)")


@pytest.fixture
def database_url(empty_database: str) -> str:
    """The URL of a database with the pipeline's tables, empty, which ends with the test."""
    import psycopg

    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute((HERE.parent / "sql" / "schema.sql").read_bytes())
    return empty_database


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "nightly" not in config.option.markexpr:
        later = [item for item in items if item.get_closest_marker("nightly")]
        items[:] = [item for item in items if item not in later]
        config.hook.pytest_deselected(items=later)
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error"), append=False)
