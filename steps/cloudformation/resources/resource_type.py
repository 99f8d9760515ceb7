"""The type of an entry in RESOURCE_TYPES."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from steps.cloudformation.declared import Clients, Declared, Properties


@dataclass(frozen=True)
class Identity:
    """The value of a resource's Ref, and those of Fn::GetAtt by attribute."""

    ref: str
    attributes: Properties = field(default_factory=dict)


_OF_AWS = {"account", "region", "partition", "suffix", "id", "Path"}


def _keep(properties: Properties, packages: Mapping[str, bytes]) -> Properties:
    return properties


def _find_nothing(aws: Clients, properties: Properties) -> None:
    return None


@dataclass(frozen=True)
class ResourceType:
    """A CloudFormation type, and how its resources are created, named, found and read back.

    create: creates a resource with the given properties by API calls.
    read: returns the deployed properties, by CloudFormation's names; None, or a ClientError, if there is no resource.
        Without it, the acceptance does not need the type: its resources are created, and not compared.
    ref: the format of Ref, of {property}, {account}, {region}, {partition}, {suffix} (the services' domain) and, where
        AWS assigns a part, {id}.
    attributes: the formats of what Fn::GetAtt returns, likewise, with {ref} too.
    find: returns the Ref with the part that AWS assigns, by the declared properties; None if not exactly one fits.
    is_read_by_properties: true if `read` does not need the Ref.
    represent: replaces contents by what can be read back of them; the packages are given by their S3 keys.
    implied: the values of omitted properties, if any other value changes the pipeline's behaviour.
    unreadable: the properties that no API returns, with the reasons.
    """

    name: str
    create: Callable[[Clients, Properties], Identity]
    read: Callable[[Clients, Declared], Properties | None] | None
    ref: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    find: Callable[[Clients, Properties], str | None] = _find_nothing
    is_read_by_properties: bool = False
    represent: Callable[[Properties, Mapping[str, bytes]], Properties] = _keep
    implied: Mapping[str, Any] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def is_named(self, properties: Properties) -> bool:
        """True if `properties` have all that the Ref consists of, but for what AWS assigns."""
        return self._fields() <= properties.keys()

    def with_name(self, name: str, properties: Properties) -> Properties:
        """`properties` with the physical `name` where they omit it; in lower case for buckets and RDS."""
        lower = self.name.startswith(("AWS::S3::", "AWS::RDS::"))
        return dict.fromkeys(self._fields(), name.lower() if lower else name) | properties

    def _fields(self) -> set[str]:
        return {field for _, field, _, _ in Formatter().parse(self.ref) if field} - _OF_AWS


def physical_name(stack: str, logical: str) -> str:
    """A name such as CloudFormation makes for a resource without one: the same each time, 63 characters at most."""
    digest = hashlib.sha256(f"{stack}/{logical}".encode()).hexdigest()[:12]
    return f"{re.sub('[^A-Za-z0-9-]', '-', stack)[:24]}-{logical[:24]}-{digest}"
