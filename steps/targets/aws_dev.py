"""The dev account: an already deployed pipeline, reached by the default credential chain. Deploys nothing."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache, partial, reduce
from typing import Any

import boto3
import botocore.session
import psycopg
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from steps.cloudformation.declared import Clients, Declared, unknown
from steps.diagnoses.ids import Diagnosis
from steps.drivers.absence import unless_absent
from steps.drivers.aurora import Aurora, NoLogin, Secret
from steps.drivers.deployed_names import as_deployed
from steps.drivers.functions import Functions
from steps.drivers.names import Names
from steps.explained_error import ExplainedError
from steps.targets.environment import Environment, EnvironmentBroken, Patience
from steps.targets.settings import Settings
from steps.targets.system import SystemUnderTest

PATIENCE = Patience(start=60, end=960, logs=300, look=2)
_NO_NETWORK = {("AWS::Lambda::Function", "VpcConfig"): "acceptance.toml names no subnets or no security groups"}
_PRODUCTION = {"prod", "production", "prd", "live"}
_EXPIRED = {
    *("ExpiredToken", "ExpiredTokenException", "RequestExpired", "UnauthorizedSSOTokenError", "SSOTokenLoadError"),
    *("TokenRetrievalError", "CredentialRetrievalError", "LoginRefreshRequired"),
}
_UNKNOWN_KEYS = {"InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException"}
"""Codes of AWS and names of botocore's exceptions."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NotSafe(ExplainedError):
    """The suite must not write to this account."""

    diagnosis = Diagnosis.ACCOUNT_REFUSED


def aws_dev(
    settings: Settings,
    system: SystemUnderTest,
    *,
    database_url: str | None,
    say: Callable[[str], None],
    phase: Callable[[str], AbstractContextManager[None]],
) -> Environment:
    """Connect to the account of the settings. Raises NotSafe before it reads anything else, or EnvironmentBroken."""
    names = settings.names_in(settings.account)
    with phase("start"):
        try:
            # One session for everything, child processes included: each new session would ask for MFA again.
            session: Any = boto3.Session()
            client = _clients(session, settings.region)
            caller = client("sts").get_caller_identity()
            if faults := unsafe(settings, caller["Account"], session.region_name, database_url):
                raise NotSafe(
                    f"The suite writes nothing here, to {caller['Arn']}.",
                    evidence=faults,
                    remedy="sign in to the dev account (AWS_PROFILE, AWS_REGION), or mend acceptance.toml",
                )
            cluster = Aurora(client("rds"), names.cluster).found()
            secret, credentials = _secret(client, names, settings.aurora_secret)
        except (BotoCoreError, ClientError) as refused:
            raise EnvironmentBroken(
                "The dev account cannot be looked at.", evidence=str(refused), remedy=_sign_in(refused)
            ) from refused
    say(f"{caller['Arn']} in {settings.account}, {settings.region}")
    database = (cluster.database if cluster else "") or settings.aurora_database
    endpoint = settings.aurora_endpoint or (cluster.endpoint if cluster else "")
    url = ""
    if credentials:
        at = {"host": endpoint.partition(":")[0], "port": endpoint.partition(":")[2] or (cluster and cluster.port)}
        at["dbname"] = database or _database_of(client, names)
        url = _database_url(database_url, at, credentials)
    declared, notes = _declared(settings, system, names, client, secret, endpoint)
    declared, unused = _with_used_layers(declared, names, client)
    return Environment(
        target="aws-dev",
        names=names,
        check=lambda: None,
        client=client,
        database_url=url,
        database_name=database,
        aurora_endpoint=endpoint,
        secret_arn=secret,
        declared=declared,
        exports={"AWS_REGION": settings.region, "AWS_DEFAULT_REGION": settings.region, "DATABASE_URL": url},
        credentials=partial(_frozen, session),
        patience=PATIENCE,
        sql=system.sql,
        shared=True,
        gaps={} if settings.subnets and settings.security_groups else _NO_NETWORK,
        notes=[f"run as {caller['Arn']}", *notes, *unused],
        confidential=_confidential(session, credentials),
    )


def _sign_in(refused: BotoCoreError | ClientError) -> str:
    """The remedy where AWS, or the SDK before it, accepts no credentials; for other errors, the connection tests."""
    profile = os.environ.get("AWS_PROFILE")
    code = refused.response["Error"]["Code"] if isinstance(refused, ClientError) else type(refused).__name__
    if code == "ProfileNotFound":
        known = ", ".join(botocore.session.Session().available_profiles)
        return f"name one that is there in AWS_PROFILE: {known}" if known else "make it: aws configure sso"
    if code in ("NoCredentialsError", "PartialCredentialsError"):
        return "aws configure sso, if you have no profile yet; then export AWS_PROFILE=NAME and aws sso login"
    if code in _EXPIRED:
        return f"aws sso login --profile={profile}" if profile else "sign in again: aws sso login"
    if code in _UNKNOWN_KEYS:
        return "these keys are not, or no longer, AWS's: unset AWS_ACCESS_KEY_ID and its like, and sign in again"
    return "python -m commands doctor"


def _secret(client: Clients, names: Names, id: str) -> tuple[str, Mapping[str, str]]:
    """The secret's ARN and its credentials, which are empty if it does not exist or holds none."""
    described = unless_absent(lambda: client("secretsmanager").describe_secret(SecretId=id))
    if described is None:
        return id if id.startswith("arn:") else names.arn("secretsmanager", f"secret:{id}"), {}
    try:
        return described["ARN"], Secret(client("secretsmanager"), described["ARN"]).told()
    except NoLogin:
        return described["ARN"], {}


def _confidential(session: Any, login: Mapping[str, str]) -> dict[str, str]:
    """The credentials to mask in all output: the database password and AWS's, whatever their source."""
    return {"PGPASSWORD": login.get("password", ""), **_frozen(session)}


def _frozen(session: Any) -> dict[str, str]:
    """The session's credentials as environment variables, whatever their source, and the profile's CA bundle."""
    ours = session.get_credentials().get_frozen_credentials()
    found = {
        "AWS_ACCESS_KEY_ID": ours.access_key,
        "AWS_SECRET_ACCESS_KEY": ours.secret_key,
        "AWS_SESSION_TOKEN": ours.token,
        "AWS_CA_BUNDLE": session._session.get_config_variable("ca_bundle"),
    }
    return {name: value for name, value in found.items() if value}


def unsafe(settings: Settings, account: str, region: str | None, database_url: str | None) -> list[str]:
    """The reasons not to write: another account or region, or a name that belongs to no allowed environment."""
    faults = []
    if account != settings.account:
        faults.append(f"the caller's account is {account}, and the settings name {settings.account}")
    if region is not None and region != settings.region:
        faults.append(f"the caller's region is {region}, and the settings name {settings.region}")
    return faults + _of_another_environment(settings, database_url)


def _of_another_environment(settings: Settings, database_url: str | None) -> list[str]:
    """A fault for each name that contains a production word or lacks a required allowed environment."""
    allowed = {each.lower() for each in settings.environments}
    only = f"and only {', '.join(settings.environments)} may be written to (environments)"
    is_allowed = settings.environment.lower() in allowed
    faults = [] if is_allowed else [f"the environment is {settings.environment}, {only}"]
    # A name derived from the environment is not reported again: the environment's fault covers it.
    names = replace(settings.names_in(settings.account), environment=settings.environments[0])
    tables = {"names": settings.names, "account_names": settings.account_names}
    own = [
        (f"{table}.{thing} is", names.named(thing))
        for table, patterns in tables.items()
        for thing, pattern in patterns.items()
        if pattern and (table == "account_names" or not settings.account_names.get(thing))
    ]
    faults += [f"{where} {name}, {only}" for where, name in own if not _words(name) & allowed]
    told = [*own, ("the project is", settings.project), ("aurora_secret is", settings.aurora_secret)]
    told.append(("aurora_endpoint is", settings.aurora_endpoint))
    told.append(("--database-url or DATABASE_URL leads to", _host_and_database(database_url)))
    faults += [
        f"{where} {name}, which says {min(words)}"
        for where, name in told
        if (words := (_words(name) & _PRODUCTION) - allowed) and (_words(name) & allowed or (where, name) not in own)
    ]
    return faults


def _words(name: str) -> set[str]:
    """The words of a name in lower case, each with and without adjacent digits."""
    parts = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower())
    return {*parts, *(word for part in parts for word in re.findall(r"[a-z]+", part))}


def _host_and_database(url: str | None) -> str:
    try:
        told = psycopg.conninfo.conninfo_to_dict(url or "")
    except psycopg.ProgrammingError:
        return ""  # _database_url reports the invalid URL
    return " ".join(str(told[part]) for part in ("host", "hostaddr", "dbname") if part in told)


def _declared(
    settings: Settings, system: SystemUnderTest, names: Names, client: Clients, secret: str, endpoint: str
) -> tuple[dict[str, Declared], list[str]]:
    """The resources that template.yaml declares, and notes about the others.

    data.yaml, a model of Terraform's resources, is not compared.
    Code is not compared either: `sam deploy` packages it differently, so that digests would always differ.
    """
    from steps.cloudformation.deploy import declare
    from steps.cloudformation.packages import build

    application = build(system.template, "any")
    definitions = {key: body for key, body in application.packages.items() if key.endswith(".json")}
    parameters = {
        "ProjectName": names.project,
        "Environment": names.environment,
        "DataBucketName": names.bucket,
        "AuditLogTableName": names.audit_logs,
        "BatchJobsTableName": names.batch_jobs,
        "JobLocksTableName": names.job_locks,
        "ProcessingMetadataTableName": names.processing_metadata,
        "AuroraEndpoint": endpoint or unknown("endpoint"),
        **({"AuroraDatabaseName": settings.aurora_database} if settings.aurora_database else {}),
        "AuroraSecretArn": secret,
        "LambdaRoleArn": names.role_arn(names.lambda_role),
        "StateMachineRoleArn": names.role_arn(names.state_machine_role),
        "SubnetIds": list(settings.subnets),
        "SecurityGroupIds": list(settings.security_groups),
    }
    application = replace(application, packages=definitions)
    where = {"account": names.account, "region": names.region}
    stack = declare(application, client, **where, parameters=parameters)
    return stack.declared, stack.notes


def _with_used_layers(
    declared: dict[str, Declared], names: Names, client: Clients
) -> tuple[dict[str, Declared], list[str]]:
    """The declared resources with the version of each layer that the functions use, and notes on newer versions.

    Which version a stack has made cannot be looked up: of several, the latest is assumed, which anybody may publish.
    """
    functions = Functions(client("lambda"), names.functions, as_deployed(names, client).qualifiers).logged()
    used = {arn.rpartition(":")[0]: arn for function in functions for arn in function.layers}
    latest = [each.ref for each in declared.values() if each.kind == "AWS::Lambda::LayerVersion"]
    newer = {arn: used[name] for arn in latest if (name := arn.rpartition(":")[0]) in used and used[name] != arn}
    if not newer:
        return declared, []

    def replaced(text: str) -> str:
        return reduce(lambda text, arn: text.replace(arn, newer[arn]), newer, text)

    found = {
        id: replace(each, ref=replaced(each.ref), properties=json.loads(replaced(json.dumps(each.properties))))
        for id, each in declared.items()
    }
    return found, [f"{arn} is used by no function, which have {newer[arn]}" for arn in newer]


def _clients(session: Any, region: str) -> Clients:
    """boto3 clients, cached by service, that retry throttled requests in botocore's standard mode, with jitter."""
    config = Config(region_name=region, retries={"mode": "standard", "total_max_attempts": 10}, max_pool_connections=20)

    @cache
    def client(service: str) -> Any:
        return session.client(service, config=config)

    return client


def _database_of(client: Clients, names: Names) -> str:
    """The database that the functions write to, for a cluster that names none; empty if they name none either."""
    lambdas = client("lambda")
    found = unless_absent(lambda: lambdas.get_function_configuration(FunctionName=names.functions[0]))
    return str(found["Environment"]["Variables"].get("AURORA_DATABASE_NAME", "")) if found else ""


def _database_url(given: str | None, at: Mapping[str, Any], credentials: Mapping[str, str]) -> str:
    """Aurora's URL with the secret's credentials, for the libpq parameters `at` unless `given`, as a tunnel, differs.

    With `hostaddr` alone, `given` leads through a tunnel, and the server's certificate is still verified by its name.
    """
    try:
        told = psycopg.conninfo.conninfo_to_dict(given or "")
    except psycopg.ProgrammingError as unreadable:
        raise EnvironmentBroken(
            "What --database-url or DATABASE_URL says is no address of a database.",
            evidence=" ".join(str(unreadable).split()),
            remedy="name one such as postgresql://127.0.0.1:5432/csvbatch",
        ) from None
    login = {"user": credentials["username"], "password": credentials["password"]}
    known = {name: value for name, value in at.items() if value} | login | told
    if not known.get("dbname"):  # libpq would take the user's name instead
        raise EnvironmentBroken(
            "Nothing names the database in Aurora.",
            evidence="the cluster was made without DatabaseName, and the functions have no AURORA_DATABASE_NAME",
            remedy="name it by --database-url=postgresql://127.0.0.1:5432/csvbatch or by aurora_database in "
            "acceptance.toml",
        )
    if known.get("host") not in _LOOPBACK:
        known.setdefault("sslmode", "require")
    return psycopg.conninfo.make_conninfo("", **known)
