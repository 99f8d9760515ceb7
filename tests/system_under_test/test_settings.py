"""The functions start with all settings right, or say all that is wrong."""

import pytest
from csv_pipeline.errors import SettingsError
from csv_pipeline.settings import Settings, load_settings

from tests.system_under_test.environment import SETTINGS


def test_there_are_exactly_the_twenty() -> None:
    assert {name.upper() for name in Settings.model_fields} == SETTINGS.keys()
    assert len(SETTINGS) == 20


def test_every_variable_at_fault_is_named_at_once_and_no_value() -> None:
    environment = {**SETTINGS, "CHUNK_SIZE": "ten", "MAX_PARALLEL_WORKERS": "0", "AURORA_SECRET_ARN": "hunter2"}
    del environment["S3_BUCKET_NAME"]
    with pytest.raises(SettingsError) as error:
        load_settings(environment)
    message = str(error.value)
    assert message.startswith("4 environment variables")
    for name in ("CHUNK_SIZE", "MAX_PARALLEL_WORKERS", "AURORA_SECRET_ARN", "S3_BUCKET_NAME: missing"):
        assert name in message
    assert "hunter2" not in message
    assert "'ten'" not in message


@pytest.mark.parametrize("name", SETTINGS)
def test_no_variable_may_be_missing_or_empty(name: str) -> None:
    for environment in ({k: v for k, v in SETTINGS.items() if k != name}, {**SETTINGS, name: ""}):
        with pytest.raises(SettingsError, match=name):
            load_settings(environment)


@pytest.mark.parametrize(
    ("endpoint", "host", "port"), [("db.example.com", "db.example.com", 5432), ("127.0.0.1:65000", "127.0.0.1", 65000)]
)
def test_the_endpoint_may_name_a_port(endpoint: str, host: str, port: int) -> None:
    settings = load_settings({**SETTINGS, "AURORA_ENDPOINT": endpoint})
    assert (settings.aurora_host, settings.aurora_port) == (host, port)
