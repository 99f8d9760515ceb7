"""Changes to the configuration of the functions."""

from __future__ import annotations

from typing import Any

from defects.sabotage.aws import aws, filled, names


def remove_variable(function: str, variable: str) -> None:
    """Remove a variable; `function`: splitter, processor or both."""
    _configure(function, lambda environment: environment.pop(variable))


def set_variable(function: str, variable: str, value: str) -> None:
    _configure(function, lambda environment: environment.update({variable: value}))


def rename_variable(function: str, variable: str, to: str) -> None:
    _configure(function, lambda environment: environment.update({to: environment.pop(variable)}))


def _configure(function: str, change: Any) -> None:
    client = aws("lambda")
    for name in _functions(function):
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        change(variables)
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def configure(function: str, properties: str) -> None:
    """Set properties of the function's configuration, given as JSON with the names of the Lambda API."""
    for name in _functions(function):
        aws("lambda").update_function_configuration(FunctionName=name, **filled(properties))


def reserve(function: str, executions: str) -> None:
    """Reserve this number of concurrent executions for the function."""
    for name in _functions(function):
        aws("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=int(executions))


def _functions(which: str) -> list[str]:
    splitter, processor = names().functions
    return {"splitter": [splitter], "processor": [processor], "both": [splitter, processor]}[which]
