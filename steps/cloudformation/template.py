"""Loads SAM and CloudFormation templates, evaluates conditions, translates SAM, and resolves intrinsics."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from ipaddress import ip_network
from itertools import islice
from pathlib import Path
from typing import Any

import boto3
from pydantic import BaseModel, ValidationError
from samtranslator.yaml_helper import yaml_parse

from steps.cloudformation.declared import is_unknown
from steps.cloudformation.errors import DeployError, NotDeployable

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
        raise NotDeployable(f"{path} does not exist.", remedy="name a folder that holds template.yaml") from None
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


def parameter_values(
    template: Template, given: Mapping[str, Any], look_up: Callable[[str], str] = lambda name: name
) -> dict[str, Any]:
    """The value of each declared parameter: the given one or its default; lists are split at commas.

    The default of one of type AWS::SSM::Parameter::Value is a name in Parameter Store, whose value `look_up` returns.
    Raises DeployError, which names all parameters without a value.
    """
    declared = template.get("Parameters", {})
    values = {name: given[name] if name in given else _default(spec, look_up) for name, spec in declared.items()}
    missing = [name for name, value in values.items() if value is None]
    if missing:
        raise DeployError(
            f"The template's parameters {', '.join(missing)} have no value.",
            remedy="give them a Default, or an Output of the same name in data.yaml",
        )
    return {name: _typed(declared[name]["Type"], value) for name, value in values.items()}


_STORED = re.compile(r"AWS::SSM::Parameter::Value<(.*)>")


def _default(spec: Mapping[str, Any], look_up: Callable[[str], str]) -> Any:
    default = spec.get("Default")
    return look_up(default) if default is not None and _STORED.fullmatch(spec["Type"]) else default


def _typed(kind: str, value: Any) -> Any:
    if stored := _STORED.fullmatch(kind):
        kind = stored[1]
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return value if isinstance(value, list) else [part.strip() for part in str(value).split(",")]
    return str(value)


def choose(template: Template, lookup: Lookup) -> Template:
    """The `template` without Conditions, Mappings, Fn::If, Fn::FindInMap and AWS::NoValue: each replaced by its value.

    CloudFormation evaluates these before it creates anything. A resource or output whose condition is false is dropped.
    `lookup` has to know the parameters and pseudo parameters. Raises DeployError for an undefined name or a circle.
    """
    conditions, mappings = template.get("Conditions", {}), template.get("Mappings", {})

    @cache
    def holds(name: str) -> bool:
        return decide(_entry(conditions, name, "condition"))

    def decide(condition: Any) -> bool:
        ((function, argument),) = condition.items()
        if function == "Fn::Equals":
            left, right = (_text(resolve(chosen(each), lookup)) for each in argument)
            return left == right
        if function == "Condition":
            return holds(argument)
        if function not in _LOGIC:
            raise DeployError(f"{function} decides no condition.", remedy=f"use one of {', '.join(_LOGIC)}, Fn::Equals")
        return _LOGIC[function]([decide(each) for each in argument])

    def find_in_map(argument: Any) -> Any:
        *names, options = [*argument, {}] if len(argument) == 3 else argument
        found: Any = mappings
        for name in resolve(chosen(names), lookup):
            if "DefaultValue" in options and str(name) not in map(str, found):
                return chosen(options["DefaultValue"])
            found = _entry(found, str(name), "entry of a mapping")
        return found

    def chosen(node: Any) -> Any:
        if isinstance(node, list):
            return [value for value in map(chosen, node) if value != _NOTHING]
        if not isinstance(node, dict):
            return node
        if node.keys() == {"Fn::If"}:
            name, if_true, if_false = node["Fn::If"]
            return chosen(if_true if holds(name) else if_false)
        if node.keys() == {"Fn::FindInMap"}:
            return find_in_map(node["Fn::FindInMap"])
        values = {key: chosen(value) for key, value in node.items()}
        return {key: value for key, value in values.items() if value != _NOTHING}

    def kept(section: str) -> Template:
        parts = template.get(section, {}).items()
        return {
            name: chosen({key: value for key, value in part.items() if key != "Condition"})
            for name, part in parts
            if "Condition" not in part or holds(part["Condition"])
        }

    rest = {key: value for key, value in template.items() if key not in ("Conditions", "Mappings")}
    try:
        return {key: chosen(value) if key == "Globals" else value for key, value in rest.items()} | {
            section: kept(section) for section in ("Resources", "Outputs")
        }
    except RecursionError:
        raise DeployError("The Conditions refer to each other in a circle.", remedy="break it") from None


_NOTHING = {"Ref": "AWS::NoValue"}
_LOGIC: dict[str, Callable[[list[bool]], bool]] = {
    "Fn::And": all,
    "Fn::Or": any,
    "Fn::Not": lambda each: not each[0],
}


def _entry(section: Mapping[str, Any], name: str, what: str) -> Any:
    by_name = {str(key): value for key, value in section.items()}  # YAML reads the id of an account as a number
    if name not in by_name:
        known = ", ".join(by_name) or "none"
        raise DeployError(
            f"{name} is no {what} of the template.", evidence=f"there are {known}", remedy="mend the reference"
        )
    return by_name[name]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def unsupported_functions(node: Any) -> set[str]:
    """The intrinsic functions anywhere in `node` that `resolve` does not support."""
    if isinstance(node, list):
        return set().union(*map(unsupported_functions, node))
    if not isinstance(node, dict):
        return set()
    own = {key for key in node if isinstance(key, str) and key.startswith("Fn::") and key not in _FUNCTIONS}
    return own.union(*map(unsupported_functions, node.values()))


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
            raise NotDeployable(
                f"{key} is not supported by this deployer.", remedy=f"use one of {', '.join(_FUNCTIONS)}"
            )
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


def _two_zones(region: str) -> list[str]:
    """Two availability zones of a region; Tokyo shows its zone b to old accounts only."""
    return [f"{region}{zone}" for zone in ("ac" if region == "ap-northeast-1" else "ab")]


def _select(index: Any, values: list[Any]) -> Any:
    """The element at `index`; of a list that is not known, which is one placeholder, this."""
    return values[0] if len(values) == 1 and is_unknown(values[0]) else values[int(index)]


def _cidr(block: str, count: Any, bits: Any) -> list[str]:
    """The first `count` subnets of `block` with host parts of that many `bits`."""
    network = ip_network(block)
    return [str(each) for each in islice(network.subnets(new_prefix=network.max_prefixlen - int(bits)), int(count))]


_FUNCTIONS: dict[str, Callable[[Any, Lookup], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": lambda argument, lookup: str(argument[0]).join(map(str, resolve(argument[1], lookup))),
    "Fn::Select": lambda argument, lookup: _select(*resolve(argument, lookup)),
    "Fn::Split": lambda argument, lookup: str(resolve(argument[1], lookup)).split(argument[0]),
    "Fn::ImportValue": lambda argument, lookup: lookup("Fn::ImportValue", str(resolve(argument, lookup))),
    "Fn::Base64": lambda argument, lookup: b64encode(str(resolve(argument, lookup)).encode()).decode(),
    "Fn::Length": lambda argument, lookup: len(resolve(argument, lookup)),
    "Fn::Cidr": lambda argument, lookup: _cidr(*resolve(argument, lookup)),
    "Fn::GetAZs": lambda argument, lookup: _two_zones(resolve(argument, lookup) or lookup("AWS::Region", None)),
    "Fn::ToJsonString": lambda argument, lookup: json.dumps(resolve(argument, lookup)),
}


def in_order(resources: Mapping[str, Any]) -> list[str]:
    """The logical ids in dependency order. Raises DeployError for a circular reference."""
    graph = {name: sorted(references(spec) & resources.keys()) for name, spec in resources.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        cycle = " -> ".join(error.args[1])
        raise DeployError(f"The resources depend on each other in a circle: {cycle}.", remedy="break it") from error


def references(node: Any) -> set[str]:
    """The logical ids and parameters that `node` refers to, by Ref, Fn::GetAtt, Fn::Sub or DependsOn."""
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
