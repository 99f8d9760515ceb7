"""Steps about the functions' configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_bdd import then, when

from steps import exhibits, readiness
from steps.drivers.absence import missing
from steps.drivers.deployed.declared import unknown
from steps.drivers.functions import Function, Functions
from steps.finding import Finding
from steps.readiness import Found
from steps.targets.environment import Environment
from steps.targets.settings import Settings


@when("the functions are looked up", target_fixture="found")
def functions_found(environment: Environment) -> Found:
    return functions(environment).found()


@then("their environment names this bucket, these tables, this database and its secret")
def environment_named(found: Found, environment: Environment, finding: Finding) -> None:
    names = environment.names
    wanted = {
        "S3_BUCKET_NAME": names.bucket,
        "AUDIT_LOG_TABLE_NAME": names.audit_logs,
        "BATCH_JOBS_TABLE_NAME": names.batch_jobs,
        "JOB_LOCKS_TABLE_NAME": names.job_locks,
        "PROCESSING_METADATA_TABLE_NAME": names.processing_metadata,
        "AURORA_ENDPOINT": environment.aurora_endpoint or unknown("endpoint"),
        "AURORA_DATABASE_NAME": environment.database_name or unknown("database"),
        "AURORA_SECRET_ARN": environment.secret_arn,
        "REGION": names.region,
        "ENVIRONMENT": names.environment,
    }
    deviations = readiness.variables(found, wanted)
    if not environment.aurora_endpoint:
        deviations.append(missing(names, "cluster"))
    finding.none(deviations, wanted=f"{len(wanted)} variables that name this environment", got=_checked(found))
    if not deviations:
        other = with_variables(found, AURORA_SECRET_ARN="", S3_BUCKET_NAME="another")
        finding.control("a variable missing and one astray", len(readiness.variables(other, wanted)) == 2 * len(found))


@then("their environment variables are as many as agreed and what the template declares, and no others")
def as_declared(found: Found, environment: Environment, settings: Settings, finding: Finding) -> None:
    declared, count = declared_variables(environment), settings.counts.environment_variables
    finding.attach(*exhibits.of_variables(found, declared, environment.names))
    if absent := [name for name, function in found.items() if function is None]:
        finding.none(readiness.missing(dict.fromkeys(absent)), wanted=f"{len(found)} functions", got="there")
    for name, variables in declared.items():
        if len(variables) < count:
            finding.suspect("environment-variable-missing", f"{len(variables)} of {count} are declared for {name}")
        finding.equal(len(variables), count, f"variables declared for {name}")
    deviations = [
        *(each for name, function in found.items() for each in readiness.variables({name: function}, declared[name])),
        *readiness.undeclared(found, declared),
    ]
    finding.none(deviations, wanted=f"the {count} variables that the template declares", got=_checked(found))
    if not deviations:
        other = with_variables(found, ANOTHER="1")
        finding.control("one that is not declared", len(readiness.undeclared(other, declared)) == len(found))


@then("each is ready, and has subnets and a security group")
def in_the_vpc(found: Found, finding: Finding) -> None:
    deviations = [*readiness.missing(found), *readiness.networks(found)]
    finding.none(deviations, wanted="the functions ready and in the VPC", got=_checked(found))
    outside = {name: function and replace(function, subnets=()) for name, function in found.items()}
    finding.control("a function outside the VPC", bool(readiness.networks(outside)))


@then("each has the layers that the template declares, and they fit it")
def layers_attached(found: Found, environment: Environment, finding: Finding) -> None:
    wanted = {name: len(each.get("Layers", ())) for name, each in declared_functions(environment).items()}
    lambdas = functions(environment)
    versions = {arn: lambdas.layer(arn) for function in found.values() if function for arn in function.layers}
    deviations = readiness.layers(found, wanted, versions)
    got = "; ".join(f"{name}: {len(function.layers)}" for name, function in found.items() if function)
    finding.none(deviations, wanted="the declared layers attached", got=got)
    bare = {name: function and replace(function, layers=()) for name, function in found.items()}
    finding.control("a function without layers", bool(readiness.layers(bare, wanted, versions)))


def functions(environment: Environment) -> Functions:
    return Functions(environment.client("lambda"), environment.names.functions)


def with_variables(found: Found, **variables: str) -> dict[str, Function | None]:
    """The same functions with some variables set otherwise."""
    return {
        name: function and replace(function, variables={**function.variables, **variables})
        for name, function in found.items()
    }


def declared_functions(environment: Environment) -> dict[str, Mapping[str, Any]]:
    """The declared properties of each function, by its name."""
    declared = (each.properties for each in environment.declared.values() if each.kind == "AWS::Lambda::Function")
    return {properties["FunctionName"]: properties for properties in declared}


def declared_variables(environment: Environment) -> dict[str, dict[str, str]]:
    """The declared environment variables of each of the pipeline's functions, none where it is not declared."""
    declared = declared_functions(environment)
    return {name: _variables(declared.get(name, {})) for name in environment.names.functions}


def _variables(function: Mapping[str, Any]) -> dict[str, str]:
    told = function.get("Environment", {}).get("Variables", {})
    return {variable: str(value) for variable, value in told.items()}


def _checked(found: Found) -> str:
    return f"so in {', '.join(found)}"
