"""Deploys an application as one stack, or only resolves its template, with resources in dependency order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from steps.cloudformation.contents import with_contents
from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.errors import DeployError, understanding
from steps.cloudformation.identity import Lookup, named
from steps.cloudformation.packages import Application
from steps.cloudformation.resources import MAKERS, Made
from steps.cloudformation.template import in_order, parameter_values, resolve, translate

StandIns = Mapping[str, Properties]
"""CloudFormation type -> its Fn::GetAtt attributes, for types that are not created."""


@dataclass(frozen=True)
class Stack:
    """The result of a template: each resource as declared, with all intrinsics resolved, and the outputs.

    For code and definitions, `declared` holds what can be read back: see `with_contents`.
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

    def make(name: str, kind: str, properties: Properties) -> Made:
        if stand_ins is None or kind not in stand_ins:
            return _make(name, kind, properties, aws, application)
        made = named(name, kind, properties, account=account, region=region, lookup=lambda kind, properties: None)
        return replace(made, attributes={**made.attributes, **stand_ins[kind]})

    return _stack(application, make, account=account, region=region, parameters=parameters)


def declared_in(
    application: Application, *, account: str, region: str, parameters: Mapping[str, Any], lookup: Lookup
) -> Stack:
    """Return the result of `deploy` for an account where the template is already deployed; create nothing.

    Names and ARNs are derived from the declared names. Ids that AWS assigns come from
    `lookup(kind, resolved properties)`; if that returns None, the id is a placeholder.
    """

    def name_it(name: str, kind: str, properties: Properties) -> Made:
        return named(name, kind, properties, account=account, region=region, lookup=lookup)

    return _stack(application, name_it, account=account, region=region, parameters=parameters)


def _stack(
    application: Application,
    exist: Callable[[str, str, Properties], Made],
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
    made: dict[str, Made] = {}

    def lookup(part: str, name: str, attribute: str | None) -> Any:
        if attribute is None and name in values | pseudo:
            return (values | pseudo)[name]
        try:
            return made[name].ref if attribute is None else made[name].attributes[attribute]
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
            contents = with_contents(kind, properties, application.packages)
        made[name] = exist(name, kind, properties)
        declared[name] = Declared(kind, contents, made[name].ref)
    with understanding(f"Outputs of {path.name}"):
        told = {name: spec["Value"] for name, spec in template.get("Outputs", {}).items()}
        outputs = {name: resolve(value, partial(lookup, f"the output {name}")) for name, value in told.items()}
    return Stack(declared, outputs)


def _make(name: str, kind: str, properties: Properties, aws: Clients, application: Application) -> Made:
    file = application.sources.get(name, application.path.name)
    if kind not in MAKERS:
        raise DeployError(
            f"{name} is of type {kind}, which this deployer cannot make.", remedy=f"it makes: {', '.join(MAKERS)}"
        )
    try:
        return MAKERS[kind](aws, properties)
    except KeyError as error:
        raise DeployError(
            f"{name} ({kind}) lacks the property {error}.", remedy="declare it; physical names are wanted too"
        ) from error
    except (ClientError, BotoCoreError, ValueError) as error:
        raise DeployError(f"{name} ({kind}) was refused.", evidence=str(error), remedy=f"mend it in {file}") from error


def _upload(application: Application, aws: Clients) -> None:
    if application.packages:
        _make("the bucket for packages", "AWS::S3::Bucket", {"BucketName": application.bucket}, aws, application)
    for key, body in application.packages.items():
        aws("s3").put_object(Bucket=application.bucket, Key=key, Body=body)
