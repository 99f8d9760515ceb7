"""Secrets Manager's secrets."""

from __future__ import annotations

from botocore.exceptions import ClientError

from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.resources.api import call, get, parse
from steps.cloudformation.resources.resource_type import Identity, ResourceType


def create_secret(aws: Clients, p: Properties) -> Identity:
    return Identity(call(aws("secretsmanager"), "create_secret", p)["ARN"])


def find_secret(aws: Clients, p: Properties) -> str | None:
    try:
        return str(aws("secretsmanager").describe_secret(SecretId=p["Name"])["ARN"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise


def read_secret(aws: Clients, declared: Declared) -> Properties | None:
    secrets = aws("secretsmanager")
    described = get(secrets, "describe_secret", SecretId=declared.ref)
    if described["DeletedDate"]:
        return None
    value = get(secrets, "get_secret_value", SecretId=declared.ref)
    return described | {"SecretString": parse(value["SecretString"])}


TYPES = [
    ResourceType(
        "AWS::SecretsManager::Secret",
        create_secret,
        read_secret,
        ref="arn:aws:secretsmanager:{region}:{account}:secret:{Name}-{id}",
        find=find_secret,
    )
]
