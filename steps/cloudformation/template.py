"""Loads SAM and CloudFormation templates, translates SAM, resolves intrinsics, and orders the resources."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import boto3
from pydantic import BaseModel, ValidationError
from samtranslator.yaml_helper import yaml_parse

from steps.cloudformation.errors import DeployError

Template = dict[str, Any]
Lookup = Callable[[str, str | None], Any]
"""(logical id or parameter, attribute or None) -> its value; raises DeployError if there is none."""

_SUB = re.compile(r"\$\{(!?)([A-Za-z0-9:.]+)\}")


class Resource(BaseModel):
    """A resource: the form that all types share."""

    Type: str
    Properties: dict[str, Any] = {}


class Parameter(BaseModel):
    """A parameter of a template."""

    Type: str


class Output(BaseModel):
    """An output of a template."""

    Value: Any


class Shape(BaseModel):
    """The structure that every template must have."""

    Resources: dict[str, Resource]
    Parameters: dict[str, Parameter] = {}
    Outputs: dict[str, Output] = {}


def load(path: Path) -> Template:
    """Load the template at `path`, with CloudFormation's short forms (!Ref ...) expanded. Raises DeployError."""
    try:
        template = yaml_parse(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DeployError(f"{path} does not exist.", remedy="name a folder that holds template.yaml") from None
    except Exception as error:
        raise DeployError(f"{path.name} is not valid YAML.", evidence=str(error), remedy="mend the template") from error
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise DeployError(f"{path.name} declares no Resources.", remedy="mend the template")
    try:
        Shape.model_validate(template)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False)
        faults = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in errors)
        raise DeployError(f"{path.name} is no template.", evidence=faults, remedy="mend the template") from None
    return dict(template)


def translate(template: Template, parameters: Mapping[str, Any], region: str) -> Template:
    """Translate SAM to plain CloudFormation with AWS's translator; return a template without SAM unchanged."""
    # Imported here because it takes half a second, and only a deployment needs it.
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    if "Transform" not in template:
        return template
    no_managed_policies: dict[str, str] = {}  # roles are given as ARNs
    translator = Translator(no_managed_policies, Parser(), boto_session=boto3.Session(region_name=region))
    try:
        return dict(translator.translate(template, parameter_values=dict(parameters)))
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        raise DeployError("The SAM template is invalid.", evidence=causes, remedy="mend the template") from error


def parameter_values(template: Template, given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of each declared parameter: the given one or its default; lists are split at commas.

    Raises DeployError, which names all parameters without a value.
    """
    declared = template.get("Parameters", {})
    values = {name: given.get(name, spec.get("Default")) for name, spec in declared.items()}
    missing = [name for name, value in values.items() if value is None]
    if missing:
        raise DeployError(
            f"The template's parameters {', '.join(missing)} have no value.",
            remedy="give them a Default, or an Output of the same name in data.yaml",
        )
    return {name: _typed(declared[name]["Type"], value) for name, value in values.items()}


def _typed(kind: str, value: Any) -> Any:
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return value if isinstance(value, list) else [part.strip() for part in str(value).split(",")]
    return str(value)


def resolve(node: Any, lookup: Lookup) -> Any:
    """`node` with every intrinsic function replaced by its value. Raises DeployError for an unsupported one."""
    if isinstance(node, list):
        return [value for value in (resolve(each, lookup) for each in node) if value is not _NO_VALUE]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        ((key, argument),) = node.items()
        if key in _FUNCTIONS:
            return _FUNCTIONS[key](argument, lookup)
        if key.startswith("Fn::") or key == "Condition":
            raise DeployError(f"{key} is not supported by this deployer.", remedy=f"use one of {', '.join(_FUNCTIONS)}")
    resolved = {key: resolve(value, lookup) for key, value in node.items()}
    return {key: value for key, value in resolved.items() if value is not _NO_VALUE}


_NO_VALUE = object()


def _ref(name: Any, lookup: Lookup) -> Any:
    return _NO_VALUE if name == "AWS::NoValue" else lookup(name, None)


def _get_att(argument: Any, lookup: Lookup) -> Any:
    logical, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    return lookup(logical, attribute)


def _sub(argument: Any, lookup: Lookup) -> str:
    text, own = argument if isinstance(argument, list) else (argument, {})
    own = resolve(own, lookup)

    def value(match: re.Match[str]) -> str:
        literal, name = match.groups()
        if literal:
            return "${" + name + "}"
        if name in own:
            return str(own[name])
        logical, _, attribute = name.partition(".")
        return str(lookup(logical, attribute or None))

    return _SUB.sub(value, text)


_FUNCTIONS: dict[str, Callable[[Any, Lookup], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": lambda argument, lookup: str(argument[0]).join(map(str, resolve(argument[1], lookup))),
    "Fn::Select": lambda argument, lookup: resolve(argument[1], lookup)[int(resolve(argument[0], lookup))],
    "Fn::Split": lambda argument, lookup: str(resolve(argument[1], lookup)).split(argument[0]),
    "Fn::GetAZs": lambda argument, lookup: [
        f"{resolve(argument, lookup) or lookup('AWS::Region', None)}{z}" for z in "ac"
    ],
    "Fn::ToJsonString": lambda argument, lookup: json.dumps(resolve(argument, lookup)),
}


def in_order(resources: Mapping[str, Any]) -> list[str]:
    """The logical ids in dependency order. Raises DeployError for a circular reference."""
    graph = {name: sorted(_references(spec) & resources.keys()) for name, spec in resources.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        cycle = " -> ".join(error.args[1])
        raise DeployError(f"The resources depend on each other in a circle: {cycle}.", remedy="break it") from error


def _references(node: Any) -> set[str]:
    return set(_each_reference(node))


def _each_reference(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _each_reference(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("Ref", "DependsOn"):
                yield from [value] if isinstance(value, str) else value
            elif key == "Fn::GetAtt":
                yield value.split(".")[0] if isinstance(value, str) else value[0]
            elif key == "Fn::Sub":
                text = value[0] if isinstance(value, list) else value
                yield from (name.split(".")[0] for _, name in _SUB.findall(text))
            yield from _each_reference(value)
