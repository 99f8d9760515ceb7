"""Preconditions of the Lambda functions: state, environment variables, VPC and layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pytest_bdd import then, when

from steps.cloudformation.declared import fits, unknown
from steps.diagnoses.ids import Diagnosis
from steps.drivers.absence import missing
from steps.drivers.functions import Function, Functions, Layer
from steps.run import attachments
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.targets.environment import Environment
from steps.targets.settings import Settings
from steps.verdict.words import enumerate_items

Found = Mapping[str, Function | None]
"""The functions by name; None if a function does not exist."""
_ABSENT = "does not exist (splitter or processor under [names] in acceptance.toml)"


def not_ready(found: Found) -> list[Deviation]:
    """The functions that do not exist or are not ready."""
    return [
        Deviation(Diagnosis.FUNCTION_MISSING, f"{name} {_ABSENT if f is None else _state(f)}")
        for name, f in found.items()
        if f is None or (f.state, f.update) != ("Active", "Successful")
    ]


def _state(function: Function) -> str:
    reason = f": {function.reason}" if function.reason else ""
    return f"is {function.state}, {function.update}{reason}"


def variables_that_differ(found: Found, wanted: Mapping[str, str]) -> list[Deviation]:
    """The variables of `wanted` that a function lacks or sets to another value; placeholders fit any value."""
    return list(_each(found, lambda function: _variables(function, wanted)))


def undeclared(found: Found, declared: Mapping[str, Mapping[str, str]]) -> list[Deviation]:
    """The variables that a function has although `declared[function]` does not contain them."""

    def of(function: Function) -> Iterator[Deviation]:
        for variable in sorted(function.variables.keys() - declared.get(function.name, function.variables).keys()):
            yield Deviation(
                Diagnosis.ENVIRONMENT_VARIABLE_WRONG, f"{function.name} has {variable}, which is not declared"
            )

    return list(_each(found, of))


def networks(found: Found) -> list[Deviation]:
    """The functions that are in no VPC and therefore cannot reach Aurora."""

    def of(function: Function) -> Iterator[Deviation]:
        if not (function.subnets and function.security_groups):
            yield Deviation(Diagnosis.FUNCTION_WITHOUT_VPC, f"{function.name} has no VpcConfig")

    return list(_each(found, of))


def throttled(found: Found) -> list[Deviation]:
    """The functions that refuse every invocation, since a concurrency of zero is reserved for them."""

    def of(function: Function) -> Iterator[Deviation]:
        if function.reserved == 0:
            text = f"{function.name} has ReservedConcurrentExecutions = 0 and refuses every invocation"
            yield Deviation(Diagnosis.FUNCTION_THROTTLED, text)

    return list(_each(found, of))


def layers(found: Found, wanted: Mapping[str, int], versions: Mapping[str, Layer | None]) -> list[Deviation]:
    """The layers that a function lacks (fewer than `wanted[function]`), that were deleted, or that do not fit it."""

    def of(function: Function) -> Iterator[Deviation]:
        count, due = len(function.layers), wanted.get(function.name, 0)
        if count < due:
            yield Deviation(Diagnosis.LAYER_MISSING, f"{function.name} has {count} layers of {due}")
        for arn in function.layers:
            yield from _layer(function, arn, versions[arn])

    return list(_each(found, of))


def _each(found: Found, of: Callable[[Function], Iterator[Deviation]]) -> Iterator[Deviation]:
    """Yield what `of` finds on each existing function, and a deviation for each other one."""
    yield from not_ready({name: function for name, function in found.items() if function is None})
    for function in filter(None, found.values()):
        yield from of(function)


def _variables(function: Function, wanted: Mapping[str, str]) -> Iterator[Deviation]:
    for name, value in wanted.items():
        got = function.variables.get(name)
        if got is not None and fits(got, value):
            continue
        if not got:
            yield Deviation(Diagnosis.ENVIRONMENT_VARIABLE_MISSING, f"{function.name} lacks {name}")
        else:
            yield Deviation(Diagnosis.ENVIRONMENT_VARIABLE_WRONG, f"{function.name} has {name} = {got}, not {value}")


def _layer(function: Function, arn: str, layer: Layer | None) -> Iterator[Deviation]:
    if layer is None:
        yield Deviation(Diagnosis.LAYER_MISSING, f"{arn} of {function.name} does not exist any more")
        return
    for what, of_function, of_layer in (
        ("runtime", function.runtime, layer.runtimes),
        ("architecture", function.architecture, layer.architectures),
    ):
        if of_layer and of_function not in of_layer:
            text = f"{arn} is for {', '.join(of_layer)}, and the {what} of {function.name} is {of_function}"
            yield Deviation(Diagnosis.LAYER_MISSING, text)


@when("the functions are looked up", target_fixture="found")
def functions_found(environment: Environment, announce: Callable[[str], None]) -> Found:
    """Wakes the functions that weeks without use have made Inactive, and notes it."""
    return functions(environment).awake(within=environment.patience.restore, say=announce)


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
    deviations = variables_that_differ(found, wanted)
    if not environment.aurora_endpoint:
        deviations.append(missing(names, "cluster"))
    finding.none(deviations, "variables-name-environment", variables=len(wanted), functions=enumerate_items(found))
    if not deviations:
        other = with_variables(found, AURORA_SECRET_ARN="", S3_BUCKET_NAME="another")
        finding.control(
            "a variable missing and one astray", len(variables_that_differ(other, wanted)) == 2 * len(found)
        )


@then("their environment variables are as many as agreed and what the template declares, and no others")
def as_declared(found: Found, environment: Environment, settings: Settings, finding: Finding) -> None:
    declared, count = declared_variables(environment), settings.counts.environment_variables
    finding.attach(*attachments.of_variables(found, declared, environment.names))
    if absent := [name for name, function in found.items() if function is None]:
        finding.none(not_ready(dict.fromkeys(absent)), "functions-there", functions=len(found))
    for name, variables in declared.items():
        if len(variables) < count:
            finding.suspect(
                Diagnosis.ENVIRONMENT_VARIABLE_MISSING, f"{len(variables)} of {count} are declared for {name}"
            )
        finding.equal(len(variables), count, "variables-declared", function=name)
    deviations = [
        *(each for name, function in found.items() for each in variables_that_differ({name: function}, declared[name])),
        *undeclared(found, declared),
    ]
    finding.none(deviations, "variables-as-declared", variables=count, functions=enumerate_items(found))
    if not deviations:
        other = with_variables(found, ANOTHER="1")
        finding.control("one that is not declared", len(undeclared(other, declared)) == len(found))


@then("each is ready, and has subnets and a security group")
def in_the_vpc(found: Found, finding: Finding) -> None:
    deviations = list(dict.fromkeys([*not_ready(found), *networks(found), *throttled(found)]))
    finding.none(deviations, "functions-in-vpc", functions=enumerate_items(found))
    outside = {name: function and replace(function, subnets=()) for name, function in found.items()}
    finding.control("a function outside the VPC", bool(networks(outside)))


@then("each has the layers that the template declares, and they fit it")
def layers_attached(found: Found, environment: Environment, finding: Finding) -> None:
    wanted = {name: len(each.get("Layers", ())) for name, each in declared_functions(environment).items()}
    lambdas = functions(environment)
    versions = {arn: lambdas.layer(arn) for function in found.values() if function for arn in function.layers}
    deviations = layers(found, wanted, versions)
    finding.none(deviations, "layers-attached", layers=sum(wanted.values()), functions=enumerate_items(found))
    bare = {name: function and replace(function, layers=()) for name, function in found.items()}
    finding.control("a function without layers", bool(layers(bare, wanted, versions)))


def functions(environment: Environment) -> Functions:
    return Functions(environment.client("lambda"), environment.names.functions, environment.names.qualifiers)


def with_variables(found: Found, **variables: str) -> dict[str, Function | None]:
    """The same functions with some variables replaced."""
    return {
        name: function and replace(function, variables={**function.variables, **variables})
        for name, function in found.items()
    }


def declared_functions(environment: Environment) -> dict[str, Mapping[str, Any]]:
    """The declared properties of each function, by its name."""
    declared = (each.properties for each in environment.declared.values() if each.kind == "AWS::Lambda::Function")
    return {properties["FunctionName"]: properties for properties in declared}


def declared_variables(environment: Environment) -> dict[str, dict[str, str]]:
    """The declared environment variables of each pipeline function; empty if the function is not declared."""
    declared = declared_functions(environment)
    return {name: _variables_in(declared.get(name, {})) for name in environment.names.functions}


def _variables_in(function: Mapping[str, Any]) -> dict[str, str]:
    told = function.get("Environment", {}).get("Variables", {})
    return {variable: str(value) for variable, value in told.items()}
