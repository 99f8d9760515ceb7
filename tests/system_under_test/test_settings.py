"""The functions start with all settings right, or name every one that is wrong."""

import pytest
from csv_pipeline.errors import SettingsError
from csv_pipeline.settings import Settings, load_settings

from tests.system_under_test.environment import SETTINGS
from tests.system_under_test.test_templates import TEMPLATE


def test_the_template_sets_the_variables_of_the_settings_and_no_others() -> None:
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert variables.keys() == {name.upper() for name in Settings.model_fields} == SETTINGS.keys()


def test_every_variable_at_fault_is_named_at_once_and_no_value() -> None:
    environment = {**SETTINGS, "CHUNK_SIZE": "ten", "MAX_PARALLEL_WORKERS": "0", "AURORA_SECRET_ARN": "hunter2"}
    del environment["S3_BUCKET_NAME"]
    names = "CHUNK_SIZE.*MAX_PARALLEL_WORKERS.*S3_BUCKET_NAME: missing.*AURORA_SECRET_ARN"
    with pytest.raises(SettingsError, match=f"^4 environment variables.*{names}") as error:
        load_settings(environment)
    assert not [value for value in ("hunter2", "'ten'") if value in str(error.value)]


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
