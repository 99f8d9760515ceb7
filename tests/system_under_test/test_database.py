"""Sessions on Aurora: by the secret as it is now, encrypted where anyone could listen, named after their invocation."""

import json

import pytest
from csv_pipeline.database import Database, encryption
from csv_pipeline.errors import DatabaseUnavailableError

from local_aws import LocalAws
from tests.rds_proxy import rds_proxy
from tests.system_under_test.environment import client_of
from tests.system_under_test.pipeline import Pipeline


def test_a_rotated_password_is_fetched_once_more(aws: LocalAws, pipeline: Pipeline) -> None:
    secrets, settings = client_of(aws, "secretsmanager"), pipeline.services.settings
    right = json.loads(secrets.get_secret_value(SecretId=settings.aurora_secret_arn)["SecretString"])
    arn = secrets.create_secret(Name="rotated", SecretString=json.dumps(right | {"password": "old"}))["ARN"]
    database = Database(settings.model_copy(update={"aurora_secret_arn": arn}), secrets)
    with pytest.raises(DatabaseUnavailableError, match="password authentication failed"), database.session("f", "r"):
        pass
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(right))
    with database.session("f", "r") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_request_is_in_the_session_s_name_however_long_the_function_s_is(pipeline: Pipeline) -> None:
    request = "8d1f3f0e-4a1b-4c3e-9a55-0d6b7f8f2c11"
    with pipeline.services.database.session("csv-parallel-processing-csv-processor-dev", request) as connection:
        row = connection.execute("SELECT current_setting('application_name')").fetchone()
    assert row == (f"rocessing-csv-processor-dev {request}"[-63:],)


def test_the_server_lets_go_before_lambda_does(pipeline: Pipeline) -> None:
    limits = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    with pipeline.services.database.session("f", "r") as connection:
        for limit in limits:
            row = connection.execute(
                "SELECT setting::int FROM pg_settings WHERE name = %s AND unit = 'ms'", [limit]
            ).fetchone()
            assert row is not None
            assert 0 < row[0] < 300_000


def test_rds_proxy_which_refuses_settings_at_the_start_is_no_obstacle(aws: LocalAws, pipeline: Pipeline) -> None:
    settings = pipeline.services.settings
    with rds_proxy(aws.database_url) as port:
        by_proxy = settings.model_copy(update={"aurora_endpoint": f"127.0.0.1:{port}"})
        database = Database(by_proxy, client_of(aws, "secretsmanager"))
        with database.session("f", "r") as connection:
            row = connection.execute("SELECT current_setting('lock_timeout')").fetchone()
    assert row == ("1min",)


@pytest.mark.parametrize(
    ("host", "mode"),
    [
        *((host, "disable") for host in ("127.0.0.1", "127.0.0.53", "localhost")),
        *((host, "verify-full") for host in ("10.0.0.1", "csv.ap-northeast-1.rds.amazonaws.com", "localhost.x")),
    ],
)
def test_the_server_proves_its_name_except_on_loopback(host: str, mode: str) -> None:
    assert encryption(host)["sslmode"] == mode
