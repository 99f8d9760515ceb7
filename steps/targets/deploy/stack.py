"""Deploys a template as one stack: package, translate, resolve, make each resource after those it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from steps.targets.deploy.errors import DeployError
from steps.targets.deploy.packages import package
from steps.targets.deploy.resources import MAKERS, Clients, Made
from steps.targets.deploy.template import in_order, load, parameter_values, resolve, translate


@dataclass(frozen=True)
class Stack:
    """What a template came to: each resource as declared (all intrinsics resolved), and the outputs."""

    declared: dict[str, dict[str, Any]]
    outputs: dict[str, Any]


def deploy(path: Path, aws: Clients, *, account: str, region: str, parameters: Mapping[str, Any]) -> Stack:
    """Makes all that the template in `path` declares.

    `aws(service)` gives a boto3 client. Parameters that the template does not declare are left out.
    Raises DeployError, which names the resource at fault.
    """
    template = package(load(path), path.parent, _Uploads(aws, account, region))
    values = parameter_values(template, parameters)
    template = translate(template, values, region)
    pseudo = {
        "AWS::AccountId": account,
        "AWS::Region": region,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
    }
    pseudo |= {"AWS::StackName": path.parent.name}
    made: dict[str, Made] = {}

    def lookup(name: str, attribute: str | None) -> Any:
        if attribute is None and name in values | pseudo:
            return (values | pseudo)[name]
        try:
            return made[name].ref if attribute is None else made[name].attributes[attribute]
        except KeyError:
            wanted = f"{name}.{attribute}" if attribute else name
            raise DeployError(
                f"{path.name} refers to {wanted}, which nothing defines.", remedy="mend the reference"
            ) from None

    declared = {}
    for name in in_order(template["Resources"]):
        kind, properties = template["Resources"][name]["Type"], template["Resources"][name].get("Properties", {})
        declared[name] = {"Type": kind, "Properties": resolve(properties, lookup)}
        made[name] = _make(name, kind, declared[name]["Properties"], aws)
    outputs = {name: resolve(spec["Value"], lookup) for name, spec in template.get("Outputs", {}).items()}
    return Stack(declared, outputs)


def _make(name: str, kind: str, properties: dict[str, Any], aws: Clients) -> Made:
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
        raise DeployError(f"{name} ({kind}) was refused.", evidence=str(error), remedy="mend its properties") from error


class _Uploads:
    """The bucket that packages go through, as with `sam deploy`; made at the first upload."""

    def __init__(self, aws: Clients, account: str, region: str) -> None:
        self._s3, self._region = aws("s3"), region
        self._bucket = f"aws-sam-cli-managed-{account}-{region}"
        self._exists = False

    def __call__(self, key: str, body: bytes) -> str:
        if not self._exists:
            MAKERS["AWS::S3::Bucket"](lambda _: self._s3, {"BucketName": self._bucket})
            self._exists = True
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)
        return f"s3://{self._bucket}/{key}"
