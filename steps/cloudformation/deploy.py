"""Deploys an application as one stack, or only resolves its template, with resources in dependency order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from steps.cloudformation.declared import Clients, Declared, Properties, unknown
from steps.cloudformation.errors import DeployError, understanding
from steps.cloudformation.packages import Application
from steps.cloudformation.resources import RESOURCE_TYPES
from steps.cloudformation.resources.api import pick
from steps.cloudformation.resources.resource_type import Identity, ResourceType
from steps.cloudformation.template import in_order, parameter_values, resolve, translate

StandIns = Mapping[str, Properties]
"""CloudFormation type -> its Fn::GetAtt attributes, for types that are not created."""


@dataclass(frozen=True)
class Stack:
    """The result of a template: each resource as declared, with all intrinsics resolved, and the outputs.

    For code and definitions, `declared` holds what can be read back: see `ResourceType.represent`.
    """

    declared: dict[str, Declared]
    outputs: dict[str, Any]


def deploy(
    application: Application,
    aws: Clients,
    *,
    account: str,
    region: str,
    parameters: Mapping[str, Any],
    stand_ins: StandIns | None = None,
) -> Stack:
    """Upload the application's packages and create every resource that its template declares.

    `aws(service)` returns a boto3 client. Parameters that the template does not declare are ignored. A resource of a
    type in `stand_ins` is not created, and has those attributes: it exists outside the emulator.
    Raises DeployError, which names the faulty resource.
    """
    _upload(application, aws)

    def create(name: str, kind: str, properties: Properties) -> Identity:
        if stand_ins is None or kind not in stand_ins:
            return _create(name, kind, properties, aws, application)
        identity = identify(name, kind, properties, account=account, region=region)
        return Identity(identity.ref, identity.attributes | stand_ins[kind])

    return _process(application, create, account=account, region=region, parameters=parameters)


def declare(
    application: Application, aws: Clients | None, *, account: str, region: str, parameters: Mapping[str, Any]
) -> Stack:
    """Return the result of `deploy` for an account where the template is already deployed; create nothing.

    Names and ARNs are derived from the declared names. Ids that AWS assigns are looked up in `aws` by the declared
    properties; without it, or if not exactly one resource fits, the id is a placeholder.
    """
    name_it = partial(identify, account=account, region=region, aws=aws)
    return _process(application, name_it, account=account, region=region, parameters=parameters)


def identify(name: str, kind: str, p: Properties, *, account: str, region: str, aws: Clients | None = None) -> Identity:
    """The Ref and attributes of a resource of that `kind` with the properties `p`. Raises DeployError if unnamed.

    `aws`: where the parts of a Ref that AWS assigns are looked up; without it, they are placeholders.
    """
    known = _type(name, kind)
    values = {"Path": "/", "Port": 5432, **p, "account": account, "region": region, "id": unknown(name)}
    try:
        values["ref"] = known.ref.format_map(values)
    except KeyError as missing:
        raise DeployError(
            f"{name} ({kind}) lacks the property {missing}.", remedy="declare its physical name"
        ) from None
    values["ref"] = (known.find(aws, p) if aws else None) or values["ref"]
    attributes = {attribute: text.format_map(values) for attribute, text in known.attributes.items()}
    return Identity(values["ref"], pick(p, "VpcId", "CidrBlock", "AvailabilityZone") | attributes)


def _process(
    application: Application,
    identify: Callable[[str, str, Properties], Identity],
    *,
    account: str,
    region: str,
    parameters: Mapping[str, Any],
) -> Stack:
    path, values = application.path, parameter_values(application.template, parameters)
    with understanding(path.name):
        template = translate(application.template, values, region)
        order = in_order(template["Resources"])
    pseudo = {
        "AWS::AccountId": account,
        "AWS::Partition": "aws",
        "AWS::Region": region,
        "AWS::StackName": path.parent.name,
        "AWS::URLSuffix": "amazonaws.com",
    }
    identities: dict[str, Identity] = {}

    def lookup(part: str, name: str, attribute: str | None) -> Any:
        if attribute is None and name in values | pseudo:
            return (values | pseudo)[name]
        try:
            return identities[name].ref if attribute is None else identities[name].attributes[attribute]
        except KeyError:
            wanted = f"{name}.{attribute}" if attribute else name
            raise DeployError(
                f"{path.name} refers to {wanted}, which nothing defines.",
                evidence=f"in {part}",
                remedy="mend the reference",
            ) from None

    declared = {}
    for name in order:
        kind = template["Resources"][name]["Type"]
        with understanding(f"{name} of {path.name}"):
            properties = resolve(template["Resources"][name].get("Properties", {}), partial(lookup, name))
        with understanding(application.sources.get(name, f"{name} of {path.name}")):
            contents = _type(name, kind).represent(properties, application.packages)
        identities[name] = identify(name, kind, properties)
        declared[name] = Declared(kind, contents, identities[name].ref)
    with understanding(f"Outputs of {path.name}"):
        told = {name: spec["Value"] for name, spec in template.get("Outputs", {}).items()}
        outputs = {name: resolve(value, partial(lookup, f"the output {name}")) for name, value in told.items()}
    return Stack(declared, outputs)


def _type(name: str, kind: str) -> ResourceType:
    if kind not in RESOURCE_TYPES:
        raise DeployError(
            f"{name} is of type {kind}, which the suite does not know.", remedy=f"it knows: {', '.join(RESOURCE_TYPES)}"
        )
    return RESOURCE_TYPES[kind]


def _create(name: str, kind: str, properties: Properties, aws: Clients, application: Application) -> Identity:
    file = application.sources.get(name, application.path.name)
    try:
        return _type(name, kind).create(aws, properties)
    except KeyError as error:
        raise DeployError(
            f"{name} ({kind}) lacks the property {error}.", remedy="declare it; physical names are wanted too"
        ) from error
    except (ClientError, BotoCoreError, ValueError) as error:
        raise DeployError(f"{name} ({kind}) was refused.", evidence=str(error), remedy=f"mend it in {file}") from error


def _upload(application: Application, aws: Clients) -> None:
    if application.packages:
        _create("the bucket for packages", "AWS::S3::Bucket", {"BucketName": application.bucket}, aws, application)
    for key, body in application.packages.items():
        aws("s3").put_object(Bucket=application.bucket, Key=key, Body=body)
