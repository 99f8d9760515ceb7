"""Secrets Manager's secrets."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError

from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.resources.api import call, get, omit, parse
from steps.cloudformation.resources.resource_type import Identity, ResourceType

_GENERATED = "GenerateSecretString"


def create_secret(aws: Clients, p: Properties) -> Identity:
    secrets, known = aws("secretsmanager"), omit(p, _GENERATED)
    if wanted := p.get(_GENERATED):
        template, key = wanted.get("SecretStringTemplate"), wanted.get("GenerateStringKey")
        rules = omit(wanted, "SecretStringTemplate", "GenerateStringKey")
        generated = call(secrets, "get_random_password", rules)["RandomPassword"]
        known["SecretString"] = json.dumps(json.loads(template) | {key: generated}) if template else generated
    return Identity(call(secrets, "create_secret", known)["ARN"])


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
        ref="arn:{partition}:secretsmanager:{region}:{account}:secret:{Name}-{id}",
        find=find_secret,
        unreadable={_GENERATED: "AWS does not return how a value was generated"},
    )
]
