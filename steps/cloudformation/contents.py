"""The contents of declared resources as they can be read back: digests of code, and state machine definitions."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from steps.cloudformation.declared import Properties, unknown

_CODE = {"AWS::Lambda::Function": "Code", "AWS::Lambda::LayerVersion": "Content"}
_DEFINITIONS = "Definition", "DefinitionString", "DefinitionS3Location", "DefinitionSubstitutions"


def with_contents(kind: str, properties: Properties, packages: Mapping[str, bytes]) -> Properties:
    """Replace a package's location by its SHA-256, and a definition's by the definition after substitutions.

    `packages` holds the bytes by S3 key; contents that are not in it become placeholders.
    """
    if kind == "AWS::StepFunctions::StateMachine":
        kept = {name: value for name, value in properties.items() if name not in _DEFINITIONS}
        return kept | {"Definition": _definition(properties, packages)}
    if kind in _CODE:
        code = packages.get(properties[_CODE[kind]].get("S3Key", ""))
        return properties | {_CODE[kind]: {"CodeSha256": _sha256(code)} if code else unknown("package")}
    return properties


def substituted(definition: str, properties: Properties) -> str:
    """A state machine's `definition` with the ${names} in its DefinitionSubstitutions replaced."""
    values = properties.get("DefinitionSubstitutions", {})
    return re.sub(r"\$\{(\w+)\}", lambda match: str(values.get(match[1], match[0])), definition)


def _definition(properties: Properties, packages: Mapping[str, bytes]) -> Any:
    if "Definition" in properties:
        text = json.dumps(properties["Definition"])
    elif "DefinitionString" in properties:
        text = properties["DefinitionString"]
    elif (key := properties["DefinitionS3Location"]["Key"]) in packages:
        text = packages[key].decode()
    else:
        return unknown("definition")
    return json.loads(substituted(text, properties))


def _sha256(package: bytes) -> str:
    """The SHA-256 in base64, as Lambda returns it."""
    return base64.b64encode(hashlib.sha256(package).digest()).decode()
