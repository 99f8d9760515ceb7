"""Deploys an application as one stack, or only resolves its template, with resources in dependency order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from steps.cloudformation.declared import SECRET, STORE_POLICIES, Clients, Declared, Properties, unknown
from steps.cloudformation.errors import DeployError, NotDeployable, understanding
from steps.cloudformation.packages import Application
from steps.cloudformation.references import LookUp, dereference, exported, fetch
from steps.cloudformation.resources import RESOURCE_TYPES
from steps.cloudformation.resources.api import omit, pick
from steps.cloudformation.resources.resource_type import Identity, physical_name
from steps.cloudformation.template import (
    Template,
    choose,
    in_order,
    parameter_values,
    references,
    resolve,
    translate,
    unsupported_functions,
)
from steps.drivers.partition import partition_of, url_suffix

StandIns = Mapping[str, Properties]
"""CloudFormation type -> its Fn::GetAtt attributes, for types that are not created."""


@dataclass(frozen=True)
class Stack:
    """The result of a template: each resource as declared, with all intrinsics resolved, outputs, exports and notes.

    For code and definitions, `declared` holds what can be read back: see `ResourceType.represent`. Resources that the
    acceptance does not need, or that the suite does not know, are not in it, and `notes` names them.
    """

    declared: dict[str, Declared]
    outputs: dict[str, Any]
    exports: dict[str, Any]
    notes: list[str]


def deploy(
    application: Application,
    aws: Clients,
    *,
    account: str,
    region: str,
    parameters: Mapping[str, Any],
    stand_ins: StandIns | None = None,
    exports: Mapping[str, Any] | None = None,
) -> Stack:
    """Upload the application's packages and create every resource that its template declares.

    `aws(service)` returns a boto3 client. Parameters that the template does not declare are ignored. A resource of a
    type in `stand_ins` is not created, and has those attributes: it exists outside the emulator. `exports`: what
    Fn::ImportValue finds. Raises DeployError, which names the faulty resource.
    """
    _upload(application, aws)

    def look_up(service: str, reference: str) -> str:
        try:
            if service == "export":
                return str((exports or {})[reference])
            return fetch(aws, service, reference)
        except (ClientError, BotoCoreError, ValueError, LookupError) as refused:
            raise DeployError(
                f"{application.path.name} takes {reference} from {_STORES[service]}, which does not have it here.",
                evidence=f"{type(refused).__name__}: {refused}",
                remedy=f"declare it in data.yaml, as {_DECLARED_AS[service]}",
            ) from refused

    def create(name: str, kind: str, properties: Properties) -> Identity:
        if stand_ins is None or kind not in stand_ins:
            return _create(name, kind, dereference(properties, look_up), aws, application)
        identity = identify(name, kind, properties, account=account, region=region)
        return Identity(identity.ref, identity.attributes | stand_ins[kind])

    return _process(application, create, look_up, account=account, region=region, parameters=parameters, deploys=True)


_STORES = {
    "ssm": "Parameter Store",
    "ssm-secure": "Parameter Store",
    "secretsmanager": "Secrets Manager",
    "export": "the exports of other stacks",
}
_DECLARED_AS = {
    "ssm": "an AWS::SSM::Parameter",
    "ssm-secure": "an AWS::SSM::Parameter",
    "secretsmanager": "an AWS::SecretsManager::Secret",
    "export": "an Output with this Export",
}


def declare(
    application: Application, aws: Clients | None, *, account: str, region: str, parameters: Mapping[str, Any]
) -> Stack:
    """Return the result of `deploy` for an account where the template is already deployed; create nothing.

    Names and ARNs are derived from the declared names. Ids that AWS assigns are looked up in `aws` by the declared
    properties; without it, or if not exactly one resource fits, the id is a placeholder. So is a value of Parameter
    Store or an export that cannot be looked up, with a note.
    """
    missing: dict[str, str] = {}

    def look_up(service: str, reference: str) -> str:
        try:
            if aws and service == "export":
                return exported(aws, reference)
            if aws:
                return fetch(aws, service, reference)
        except (ClientError, BotoCoreError, LookupError) as refused:
            missing[f"{reference} of {_STORES[service]}"] = str(refused)
        return unknown(reference)

    name_it = partial(identify, account=account, region=region, aws=aws)
    stack = _process(
        application, name_it, look_up, account=account, region=region, parameters=parameters, deploys=False
    )
    return replace(stack, notes=[*stack.notes, *(f"not compared: {name}: {why}" for name, why in missing.items())])


def identify(name: str, kind: str, p: Properties, *, account: str, region: str, aws: Clients | None = None) -> Identity:
    """The Ref and attributes of a resource of that `kind` with the properties `p`.

    `aws`: where the parts of a Ref that AWS assigns are looked up; without it, they are placeholders, as is the name of
    a resource whose declaration leaves it to CloudFormation.
    """
    known = RESOURCE_TYPES[kind]
    place = {"account": account, "region": region, "partition": partition_of(region), "suffix": url_suffix(region)}
    values = known.with_name(unknown(name), {"Path": "/", "Port": 5432, **p}) | place | {"id": unknown(name)}
    values["ref"] = known.ref.format_map(values)
    values["ref"] = (known.find(aws, p) if aws and known.is_named(p) else None) or values["ref"]
    attributes = {attribute: text.format_map(values) for attribute, text in known.attributes.items()}
    return Identity(values["ref"], pick(p, "VpcId", "CidrBlock", "AvailabilityZone") | attributes)


def _process(
    application: Application,
    identify: Callable[[str, str, Properties], Identity],
    look_up: LookUp,
    *,
    account: str,
    region: str,
    parameters: Mapping[str, Any],
    deploys: bool,
) -> Stack:
    path, stack = application.path, application.path.parent.name
    pseudo = {
        "AWS::AccountId": account,
        "AWS::Partition": partition_of(region),
        "AWS::Region": region,
        "AWS::StackName": stack,
        "AWS::URLSuffix": url_suffix(region),
    }
    values = parameter_values(application.template, parameters, partial(look_up, "ssm"))
    identities: dict[str, Identity] = {}
    left_out: dict[str, str] = {}

    def lookup(part: str, name: str, attribute: str | None) -> Any:
        if name == "Fn::ImportValue":
            return look_up("export", str(attribute))
        if name in left_out:
            return unknown(f"{name}.{attribute}" if attribute else name)
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

    with understanding(path.name):
        template = choose(application.template, partial(lookup, "the Conditions"))
        template = translate(template, values, region)
        resources = template["Resources"]
        order = in_order(resources)
    left_out |= {name: spec["Type"] for name, spec in resources.items() if spec["Type"] not in RESOURCE_TYPES}
    _refuse_unsupported(path.name, application.template | template, left_out if deploys else {})
    why = "the suite does not deploy" if deploys else "the suite does not know"
    notes = [f"left out: {name} of {path.name}: {why} {kind}" for name, kind in left_out.items()]
    declared = {}
    for name in [each for each in order if each not in left_out]:
        known = RESOURCE_TYPES[resources[name]["Type"]]
        with understanding(f"{name} of {path.name}"):
            properties = resolve(resources[name].get("Properties", {}), partial(lookup, name))
        is_named = known.is_named(properties)
        if deploys:
            properties = known.with_name(physical_name(stack, name), properties)
        with understanding(application.sources.get(name, f"{name} of {path.name}")):
            shown = dereference(properties, lambda service, text: look_up("ssm", text) if service == "ssm" else SECRET)
            contents = known.represent(shown, application.packages)
        identities[name] = identify(name, known.name, properties if deploys else shown)
        if known.read is None:
            notes.append(f"not compared: {name} of {path.name}: the acceptance needs no {known.name}")
        elif deploys or is_named:
            policies = {name: value for name, value in resources[name].items() if name in STORE_POLICIES}
            declared[name] = Declared(known.name, contents, identities[name].ref, policies)
        else:
            notes.append(f"not compared: {name} of {path.name}: its declaration leaves its name to CloudFormation")
    with understanding(f"Outputs of {path.name}"):
        told = template.get("Outputs", {})
        outputs = {name: resolve(each["Value"], partial(lookup, f"the output {name}")) for name, each in told.items()}
        exports = {
            resolve(each["Export"]["Name"], partial(lookup, f"the export of {name}")): outputs[name]
            for name, each in told.items()
            if "Export" in each
        }
    return Stack(declared, outputs, exports, notes)


_ANYTHING = "Environment", "Tags", "Description"
"""Properties in which a placeholder does no harm, as nothing but the pipeline's own code reads them."""


def _refuse_unsupported(file: str, template: Template, left_out: Mapping[str, str]) -> None:
    """Raise DeployError for all that cannot be deployed at once: functions, transforms, references to `left_out`."""
    transforms = template.get("Transform", [])
    found = [f"the transform {each}" for each in _to_list(transforms) if each not in _TRANSFORMS]
    for name, spec in template["Resources"].items():
        if name in left_out:
            continue
        found += [f"{function} in {name}" for function in sorted(unsupported_functions(spec))]
        needed = references(omit(spec.get("Properties", {}), *_ANYTHING)) & left_out.keys()
        found += [f"{other} of type {left_out[other]}, which {name} refers to" for other in sorted(needed)]
    if found:
        raise NotDeployable(
            f"{file} declares what the suite does not deploy.",
            evidence="; ".join(found),
            remedy="take it out by a Condition, or add the type to steps/cloudformation/resources",
        )


_TRANSFORMS = "AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"


def _to_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _create(name: str, kind: str, properties: Properties, aws: Clients, application: Application) -> Identity:
    file = application.sources.get(name, application.path.name)
    try:
        return RESOURCE_TYPES[kind].create(aws, properties)
    except KeyError as error:
        raise DeployError(
            f"{name} ({kind}) lacks the property {error}.", remedy="declare it; physical names are wanted too"
        ) from error
    except (ClientError, ParamValidationError) as error:
        role = str(properties.get("RoleArn") or properties.get("Role") or "").rpartition("/")[2]
        remedy = (
            f"mend the AssumeRolePolicyDocument of {role}" if role and "assume" in str(error) else f"mend it in {file}"
        )
        raise DeployError(f"{name} ({kind}) was refused.", evidence=str(error), remedy=remedy) from error
    except (BotoCoreError, ValueError) as error:
        raise NotDeployable(
            f"{name} ({kind}) cannot be made.", evidence=str(error), remedy=f"mend it in {file}, or leave it out"
        ) from error


def _upload(application: Application, aws: Clients) -> None:
    if application.packages:
        _create("the bucket for packages", "AWS::S3::Bucket", {"BucketName": application.bucket}, aws, application)
    for key, body in application.packages.items():
        aws("s3").put_object(Bucket=application.bucket, Key=key, Body=body)
