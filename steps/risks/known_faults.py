"""Steps about likely faults: injected, recognised, diagnosed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from pytest_bdd import given, parsers, then, when

from steps.diagnoses import catalogue
from steps.diagnoses.ids import Diagnosis
from steps.diagnoses.of_run import diagnose_run
from steps.diagnoses.ranking import diagnoses
from steps.drivers.absence import missing
from steps.drivers.iam import Need, Permissions
from steps.drivers.names import Names
from steps.preconditions import functions as readiness
from steps.preconditions.functions import Found, declared_variables, functions
from steps.preconditions.permissions import lacking, needed
from steps.run.delivery import Delivery
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.targets.environment import Environment
from steps.targets.settings import Settings
from steps.verdict.verdict import FAILED, Scenario
from steps.verdict.words import enumerate_items


@given("the functions are in no VPC")
def outside_the_network(environment: Environment, cleaning_up: ExitStack) -> None:
    cleaning_up.enter_context(functions(environment).outside_the_network())


@given(parsers.parse('the functions lack the environment variable "{name}"'))
def variable_missing(name: str, environment: Environment, cleaning_up: ExitStack) -> None:
    cleaning_up.enter_context(functions(environment).without(name))


@given(parsers.parse('the functions\' role is not allowed "{action}" any more'))
def not_allowed(action: str, environment: Environment, cleaning_up: ExitStack) -> None:
    permissions = Permissions(environment.client("iam"))
    cleaning_up.enter_context(permissions.withdrawn(environment.names.lambda_role, action))


@then(parsers.parse('"{diagnosis}" is named first'))
def named_first(
    diagnosis: str, delivery: Delivery, environment: Environment, settings: Settings, finding: Finding
) -> None:
    run = delivery.run
    found = [*look_up_configuration(environment, settings).deviations, *diagnose_run(run)]
    ranked = [each.id for each in diagnoses([Scenario("any", [], FAILED)], found, catalogue.read())]
    evidence = "\n".join(f"{each.diagnosis}: {each.text}" for each in found)
    told = enumerate_items([str(id) for id in ranked])
    if ranked[:1] != [diagnosis]:
        finding.deviations += [each for each in found if each.diagnosis in ranked[:1]]
    finding.holds(ranked[:1] == [diagnosis], "named-first", diagnosis=diagnosis, got=told, evidence=evidence)


@then("without any of the declared variables, each function names all of them")
def no_silent_default(environment: Environment, finding: Finding) -> None:
    lambdas, declared = functions(environment), declared_variables(environment)
    with lambdas.without_any():
        errors = {name: lambdas.error(name) for name in declared}
    deviations = [each for name, error in errors.items() for each in _unnamed(name, declared[name], error)]
    finding.none(deviations, "variables-named", variables=sum(map(len, declared.values())))
    finding.control("an error that names no variable", bool(_unnamed("any", ["ANY"], "SettingsError: missing")))


def _unnamed(function: str, variables: Iterable[str], error: str) -> list[Deviation]:
    """The variables that the error of a function without any of them does not name."""
    unnamed = [each for each in variables if not re.search(rf"\b{re.escape(each)}\b", error)]
    if not unnamed:
        return []
    text = f"{function} does not miss {', '.join(unnamed)}: a default in its code stands in"
    return [Deviation(Diagnosis.ENVIRONMENT_VARIABLE_WRONG, text)]


@dataclass(frozen=True)
class LiveConfiguration:
    """The live configuration, as far as the likely faults show in it."""

    names: Names
    functions: Found
    declared: Mapping[str, Mapping[str, str]]
    decisions: Mapping[Need, str]

    @property
    def deviations(self) -> list[Deviation]:
        """The deviations in it."""
        return [
            *readiness.networks(self.functions),
            *readiness.undeclared(self.functions, self.declared),
            *(
                each
                for name, function in self.functions.items()
                for each in readiness.variables_that_differ({name: function}, self.declared[name])
            ),
            *lacking(self.names.lambda_role, self.decisions),
        ]


def look_up_configuration(environment: Environment, settings: Settings) -> LiveConfiguration:
    """Read the live configuration from AWS."""
    names, permissions = environment.names, Permissions(environment.client("iam"))
    needs = needed(names, environment.secret_arn, settings.actions)[names.lambda_role]
    arn = permissions.role(names.lambda_role)
    return LiveConfiguration(
        names,
        functions(environment).found(),
        declared_variables(environment),
        permissions.decisions(arn, needs) if arn else {},
    )


@when("the live configuration is looked up", target_fixture="configuration")
def looked_up(environment: Environment, settings: Settings) -> LiveConfiguration:
    return look_up_configuration(environment, settings)


@then(parsers.parse('it does not point to "{diagnosis}"'))
def not_pointed_to(diagnosis: str, configuration: LiveConfiguration, finding: Finding) -> None:
    found = [each for each in configuration.deviations if each.diagnosis == diagnosis]
    finding.none(found, "not-pointed-to", diagnosis=diagnosis)


@then("a copy of it with the functions in no VPC does")
def without_network(configuration: LiveConfiguration, finding: Finding) -> None:
    copy = _change_functions(configuration, subnets=(), security_groups=())
    finding.control(
        "a copy with the functions in no VPC", _points_to(Diagnosis.FUNCTION_WITHOUT_VPC, copy, configuration)
    )


@then(parsers.parse('a copy of it without the environment variable "{name}" does'))
def without_variable(name: str, configuration: LiveConfiguration, finding: Finding) -> None:
    functions = {
        each: function and replace(function, variables={k: v for k, v in function.variables.items() if k != name})
        for each, function in configuration.functions.items()
    }
    copy = replace(configuration, functions=functions)
    finding.control(f"a copy without {name}", _points_to(Diagnosis.ENVIRONMENT_VARIABLE_MISSING, copy, configuration))


@then(parsers.parse('a copy of it with "{action}" denied does'))
def with_denial(action: str, configuration: LiveConfiguration, finding: Finding) -> None:
    absent = [] if configuration.decisions else [missing(configuration.names, "lambda_role")]
    finding.none(absent, "decisions-read", decisions=len(configuration.decisions))
    denied = {need: "implicitDeny" for need in configuration.decisions if need.action == action}
    copy = replace(configuration, decisions={**configuration.decisions, **denied})
    finding.control(f"a copy with {action} denied", _points_to(Diagnosis.PERMISSION_MISSING, copy, configuration))


def _change_functions(configuration: LiveConfiguration, **changes: Any) -> LiveConfiguration:
    functions = {name: function and replace(function, **changes) for name, function in configuration.functions.items()}
    return replace(configuration, functions=functions)


def _points_to(diagnosis: Diagnosis, copy: LiveConfiguration, configuration: LiveConfiguration) -> bool:
    """True if this is the first diagnosis of the deviations that only the copy has."""
    new = [each for each in copy.deviations if each not in configuration.deviations]
    found = diagnoses([Scenario("any", [], FAILED)], new, catalogue.read())
    return [each.id for each in found][:1] == [diagnosis]
