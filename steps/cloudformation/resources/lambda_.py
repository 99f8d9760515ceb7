"""Lambda's functions and layers."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from steps.cloudformation.declared import Clients, Declared, Properties, unknown
from steps.cloudformation.resources.api import call, get, get_all, list_tags, map_tags, omit, pick, rename
from steps.cloudformation.resources.resource_type import Identity, ResourceType

_RESERVED = "ReservedConcurrentExecutions"


def create_function(aws: Clients, p: Properties) -> Identity:
    client, known = aws("lambda"), rename(omit(p, _RESERVED, "Tags"), KmsKeyArn="KMSKeyArn")
    arn = call(client, "create_function", known | {"Tags": map_tags(p)})["FunctionArn"]
    if _RESERVED in p:
        call(client, "put_function_concurrency", {"FunctionName": arn, **pick(p, _RESERVED)})
    return Identity(p["FunctionName"], {"Arn": arn})


def read_function(aws: Clients, declared: Declared) -> Properties:
    client, name = aws("lambda"), {"FunctionName": declared.ref}
    answer = get(client, "get_function_configuration", **name)
    return answer | {
        "Code": pick(answer, "CodeSha256"),
        "KmsKeyArn": answer["KMSKeyArn"],
        "Layers": [layer["Arn"] for layer in answer["Layers"] or ()],
        _RESERVED: get(client, "get_function_concurrency", **name)[_RESERVED],
        "Tags": list_tags(client.list_tags(Resource=answer["FunctionArn"])["Tags"]),
    }


def create_layer(aws: Clients, p: Properties) -> Identity:
    return Identity(call(aws("lambda"), "publish_layer_version", p)["LayerVersionArn"])


def find_layer(aws: Clients, p: Properties) -> str | None:
    """The ARN of the layer's latest version."""
    versions = get_all(aws("lambda"), "list_layer_versions", "LayerVersions", LayerName=p["LayerName"])
    return max(versions, key=lambda version: int(version["Version"]))["LayerVersionArn"] if versions else None


def read_layer(aws: Clients, declared: Declared) -> Properties | None:
    *_, name, version = declared.ref.split(":")
    if not version.isdecimal():
        return None
    answer = get(aws("lambda"), "get_layer_version", LayerName=name, VersionNumber=int(version))
    return answer | {"LayerName": name, "Content": pick(answer["Content"], "CodeSha256")}


def _digest_code(p: Properties, packages: Mapping[str, bytes]) -> Properties:
    """Replace a package's location by its SHA-256 in base64, as Lambda returns it."""
    property = "Code" if "Code" in p else "Content"
    code = packages.get(p[property].get("S3Key", ""))
    digest = {"CodeSha256": base64.b64encode(hashlib.sha256(code).digest()).decode()} if code else unknown("package")
    return p | {property: digest}


TYPES = [
    ResourceType(
        "AWS::Lambda::Function",
        create_function,
        read_function,
        ref="{FunctionName}",
        attributes={"Arn": "arn:{partition}:lambda:{region}:{account}:function:{FunctionName}"},
        represent=_digest_code,
        implied={
            "Environment": {"Variables": {}},
            "Layers": [],
            _RESERVED: None,
            "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
        },
    ),
    ResourceType(
        "AWS::Lambda::LayerVersion",
        create_layer,
        read_layer,
        ref="arn:{partition}:lambda:{region}:{account}:layer:{LayerName}:{id}",
        find=find_layer,
        represent=_digest_code,
    ),
]
