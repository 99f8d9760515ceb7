"""Operators on CloudFormation and SAM templates in YAML. Values are replaced where they stand; comments stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from defects.generator.change import Change, Replacement

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # pragma: no cover
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

_NO_FAULT = {"Description", "Tags", "Comment", "GroupDescription", "DBSubnetGroupDescription", "Sid"}
"""Properties that nothing depends on."""
_SCHEMA_OF = {
    "AWS::Serverless::Function": "AWS::Lambda::Function",
    "AWS::Serverless::StateMachine": "AWS::StepFunctions::StateMachine",
    "AWS::Serverless::LayerVersion": "AWS::Lambda::LayerVersion",
}
_PROPERTY_OF = {("AWS::Serverless::StateMachine", "Type"): "StateMachineType"}
_ADDED: tuple[tuple[str, str, str, str], ...] = (
    # operator, type, property, value. Each is a fault where the property is not set.
    ("logging changed", "AWS::Serverless::Function", "LoggingConfig", "{LogFormat: JSON, ApplicationLogLevel: FATAL}"),
    ("logging changed", "AWS::Serverless::Function", "LoggingConfig", "{LogGroup: /aws/lambda/elsewhere}"),
    ("retention changed", "AWS::Logs::LogGroup", "RetentionInDays", "1"),
    ("capacity changed", "AWS::Serverless::Function", "Timeout", "3"),
    ("capacity changed", "AWS::Serverless::Function", "Timeout", "900"),
    ("capacity changed", "AWS::Serverless::Function", "MemorySize", "128"),
    ("capacity changed", "AWS::Serverless::Function", "ReservedConcurrentExecutions", "1"),
    ("capacity changed", "AWS::Serverless::Function", "ReservedConcurrentExecutions", "0"),
    (
        "encryption changed",
        "AWS::DynamoDB::Table",
        "SSESpecification",
        "{SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: alias/of-another-team}",
    ),
    (
        "encryption changed",
        "AWS::S3::Bucket",
        "BucketEncryption",
        "{ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: "
        "{SSEAlgorithm: 'aws:kms', KMSMasterKeyID: alias/of-another-team}}]}",
    ),
    ("encryption changed", "AWS::SecretsManager::Secret", "KmsKeyId", "alias/of-another-team"),
    (
        "lifecycle added",
        "AWS::S3::Bucket",
        "LifecycleConfiguration",
        "{Rules: [{Status: Enabled, ExpirationInDays: 1}]}",
    ),
    (
        "lifecycle added",
        "AWS::S3::Bucket",
        "LifecycleConfiguration",
        "{Rules: [{Status: Enabled, Prefix: incoming/, NoncurrentVersionExpiration: {NoncurrentDays: 1}}]}",
    ),
    (
        "lifecycle added",
        "AWS::DynamoDB::Table",
        "TimeToLiveSpecification",
        "{AttributeName: created_at, Enabled: true}",
    ),
    ("delivery's retries changed", "AWS::Events::Rule", "EventBusName", "another-bus"),
)
_TARGET = ("RetryPolicy: {MaximumRetryAttempts: 0}", "RetryPolicy: {MaximumEventAgeInSeconds: 60}", "Input: '{}'")


@dataclass(frozen=True)
class Entry:
    """A key with its value: the path of keys and positions, both nodes, and the mapping that holds them."""

    path: tuple[str, ...]
    key: yaml.ScalarNode
    value: yaml.Node
    owner: yaml.MappingNode

    @property
    def name(self) -> str:
        """The path as text, without the `Resources` and `Properties` between."""
        return ".".join(part for part in self.path if part not in ("Resources", "Properties"))


def entries(text: str) -> list[Entry]:
    """Return every key of a template, at any depth, in order."""
    root = yaml.compose(text, Loader=_Loader)
    return list(_walk(root, ()))


def _walk(node: yaml.Node | None, path: tuple[str, ...]) -> Iterator[Entry]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield Entry((*path, key.value), key, value, node)
            yield from _walk(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, each in enumerate(node.value):
            yield from _walk(each, (*path, str(number)))


def changes(file: str, text: str) -> Iterator[Change]:
    """Yield each change of a template."""
    found = entries(text)
    kinds = {each.path[1]: each.value.value for each in found if each.path[2:] == ("Type",)}
    for operator, place, replacement in _changes(file, text, found, kinds):
        yield Change("template", operator, place, (replacement,))


Found = Iterator[tuple[str, str, Replacement]]


def _changes(file: str, text: str, found: list[Entry], kinds: dict[str, str]) -> Found:
    siblings = _siblings(found, kinds)
    for each in found:
        what, name = each.path[0], each.key.value
        if what == "Resources" and len(each.path) == 2:
            yield from _dropped("resource dropped", file, text, each)
        if what == "Resources" and name.endswith("DeletionPolicy"):
            other = "Delete" if each.value.value != "Delete" else "Retain"
            yield "retention changed", each.name, _replaced(file, each.value, other)
        is_property = "Properties" in each.path[:-1] or (what == "Globals" and len(each.path) > 2)
        if not is_property or _NO_FAULT & set(each.path):
            if name == "Default" and what == "Parameters":
                yield from _of_number(file, each)
            continue
        if what == "Globals" or len(each.path) > 3:
            yield from _of_property(file, text, each, kinds)
        yield from _of_references(file, text, each, siblings)
    for operator, kind, name, value in _ADDED:
        for each in found:
            if isinstance(each.value, yaml.MappingNode) and is_of(each, kinds, kind) and not _has(each.value, name):
                yield operator, f"{each.path[1]}.{name}", insert(file, each.value, f"{name}: {value}")
    for each in found:
        if each.key.value == "Targets" and isinstance(each.value, yaml.SequenceNode):
            for added in _TARGET:
                place = f"{each.name}.{added.partition(':')[0]}"
                yield "delivery's retries changed", place, insert(file, each.value.value[0], added)


def is_of(each: Entry, kinds: dict[str, str], kind: str) -> bool:
    """True for the properties of a resource of that type."""
    return each.path[2:] == ("Properties",) and kinds.get(each.path[1]) == kind


def _has(mapping: yaml.MappingNode, name: str) -> bool:
    return any(key.value == name for key, _ in mapping.value)


def _of_property(file: str, text: str, each: Entry, kinds: dict[str, str]) -> Found:
    name, value = each.key.value, each.value
    if "Statement" in each.path:
        yield from _of_policy(file, text, each)
        return
    if "EventPattern" in each.path:
        yield from _of_pattern(file, text, each)
        return
    if "Variables" in each.path:
        yield from _dropped("variable dropped", file, text, each)
        yield "variable renamed", each.name, _replaced(file, each.key, name.replace("_NAME", "") + "S")
        return
    yield from _dropped("property dropped", file, text, each)
    yield from _of_number(file, each)
    if isinstance(value, yaml.ScalarNode) and value.tag == "tag:yaml.org,2002:bool":
        yield "boolean flipped", each.name, _replaced(file, value, str(value.value.lower() != "true").lower())
    elif isinstance(value, yaml.ScalarNode) and value.tag.startswith("tag:yaml.org"):
        kind = "AWS::Serverless::Function" if each.path[0] == "Globals" else kinds.get(each.path[1], "")
        path = each.path[2:] if each.path[0] == "Globals" else each.path[3:]
        for other in enumerated(kind, path):
            if other != value.value:
                yield "enumeration's other value", each.name, _replaced(file, value, other)
    elif isinstance(value, yaml.SequenceNode) and len(value.value) > 1:
        for number, one in enumerate(value.value):
            yield "list shortened", f"{each.name}.{number}", _without(file, text, value, number, one)


def _of_number(file: str, each: Entry) -> Found:
    value = each.value
    if isinstance(value, yaml.ScalarNode) and re.fullmatch(r"[0-9]+(\.[0-9]+)?", value.value):
        quote = '"' if value.style else ""
        number = float(value.value)
        for other in (number * 10, number / 10):
            yield "number times or over ten", each.name, _replaced(file, value, f"{quote}{other:g}{quote}")


def _of_policy(file: str, text: str, each: Entry) -> Found:
    name, value = each.key.value, each.value
    if name == "Effect":
        yield "policy denied", each.name, _replaced(file, value, "Deny")
    if name in ("Action", "Resource"):
        for number, one in enumerate(scalars := list(_scalars(value))):
            if len(scalars) > 1 and isinstance(value, yaml.SequenceNode):
                yield f"policy's {name.lower()} removed", each.name, _without(file, text, value, number, one)
            yield f"policy's {name.lower()} misspelt", each.name, _replaced(file, one, _misspelt(text, one))
        service = scalars[0].value.partition(":")[0]
        wide = f"'{service}:*'" if name == "Action" else "'*'"
        yield f"policy's {name.lower()} widened", each.name, _replaced(file, value, wide)
    if name in ("Action", "Resource", "Effect") or name == "Principal":
        return
    if name == "Statement" and isinstance(value, yaml.SequenceNode) and len(value.value) > 1:
        for number, one in enumerate(value.value):
            yield "policy's statement removed", f"{each.name}.{number}", _without(file, text, value, number, one)


def _misspelt(text: str, node: yaml.Node) -> str:
    told = text[node.start_mark.index : node.end_mark.index]
    quote = told[-1] if told[-1] in "'\"" else ""
    body = told.rstrip("'\"")
    return (body[:-2] + body[-1] + body[-2] if body[-1] != body[-2] else body + body[-1]) + quote


def _of_pattern(file: str, text: str, each: Entry) -> Found:
    yield from _dropped("rule's pattern widened", file, text, each)
    for one in _scalars(each.value) if not isinstance(each.value, yaml.MappingNode) else ():
        if not one.tag.startswith("tag:yaml.org"):
            continue
        for other in _narrowed(one.value):
            yield "rule's pattern narrowed", each.name, _replaced(file, one, other)


def _narrowed(value: str) -> list[str]:
    if value.isdigit():
        return [str(int(value) // 1000)]
    if "*" in value:
        return [f"'{value.replace('*', '*-*', 1)}'", f"'{value.upper()}'", f"'{value.replace('*', '*/*', 1)}'"]
    return [f"'{value} '", f"'{value.swapcase()}'"] if value.isprintable() and value[:1].isalpha() else ["'='"]


def _of_references(file: str, text: str, each: Entry, siblings: dict[str, list[str]]) -> Found:
    values = each.value.value if isinstance(each.value, yaml.SequenceNode) else [each.value]
    for value in values:
        if isinstance(value, yaml.ScalarNode) and value.tag in ("!Ref", "!GetAtt"):
            target, dot, attribute = value.value.partition(".")
            for other in siblings.get(target, ()):
                yield (
                    "reference to a sibling",
                    each.name,
                    _replaced(file, value, f"{value.tag} {other}{dot}{attribute}"),
                )


def _siblings(found: Iterable[Entry], kinds: dict[str, str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, kind in kinds.items():
        groups.setdefault(kind, []).append(name)
    for each in found:
        if each.path[0] == "Parameters" and len(each.path) == 3 and each.key.value == "Type":
            groups.setdefault(f"parameter {each.value.value}", []).append(each.path[1])
    return {name: [other for other in names if other != name] for names in groups.values() for name in names}


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _scalars(each)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _scalars(value)


def _replaced(file: str, node: yaml.Node, text: str) -> Replacement:
    return Replacement(file, node.start_mark.index, _end(node), text)


def _end(node: yaml.Node) -> int:
    """Return the end of a node's own text: a block's mark is that of what follows it."""
    if isinstance(node, yaml.MappingNode | yaml.SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _dropped(operator: str, file: str, text: str, each: Entry) -> Found:
    pairs = each.owner.value
    if len(pairs) == 1:
        return
    number = next(place for place, (key, _) in enumerate(pairs) if key is each.key)
    start, end = each.key.start_mark.index, _end(each.value)
    if number + 1 < len(pairs):
        end = pairs[number + 1][0].start_mark.index
        if not each.owner.flow_style and (rest := re.compile(r"[^\n]*\n\s*").match(text, _end(each.value))):
            end = rest.end()  # keeps the comment of what follows
    else:
        start = _end(pairs[number - 1][1])
    yield operator, each.name, Replacement(file, start, end, "")


def _without(file: str, text: str, owner: yaml.SequenceNode, number: int, one: yaml.Node) -> Replacement:
    if number + 1 < len(owner.value):
        following = owner.value[number + 1].start_mark.index
        return Replacement(file, one.start_mark.index, following, "")
    return Replacement(file, _end(owner.value[number - 1]), _end(one), "")


def insert(file: str, mapping: yaml.MappingNode, entry: str) -> Replacement:
    """Add an entry before the first of a mapping."""
    first = mapping.value[0][0]
    separator = ", " if mapping.flow_style else "\n" + " " * first.start_mark.column
    return Replacement(file, first.start_mark.index, first.start_mark.index, entry + separator)


def enumerated(kind: str, path: tuple[str, ...]) -> list[str]:
    """Return the values that CloudFormation's schema allows for a property of a resource type; [] if any are."""
    first = _PROPERTY_OF.get((kind, path[0]), path[0]) if path else ""
    schema = _schema(_SCHEMA_OF.get(kind, kind))
    found = schema
    for part in (first, *path[1:]):
        found = _resolved(found, schema)
        found = found.get("items", {}) if part.isdigit() else found.get("properties", {}).get(part, {})
    found = _resolved(found, schema)
    return [str(each) for each in found.get("enum", ())]


def _resolved(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part or "oneOf" in part or "anyOf" in part:
        if "$ref" not in part:
            part = (part.get("oneOf") or part["anyOf"])[0]
            continue
        found: Any = schema
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found.get(name, {})
        part = found
    return part


@cache
def _schema(kind: str) -> dict[str, Any]:
    from cfnlint.schema import ResourceNotFoundError
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    try:
        return dict(PROVIDER_SCHEMA_MANAGER.get_resource_schema("ap-northeast-1", kind).schema)
    except ResourceNotFoundError:
        return {}
