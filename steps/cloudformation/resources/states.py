"""Step Functions' state machines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from steps.cloudformation.declared import Clients, Declared, Properties, unknown
from steps.cloudformation.resources.api import call, get, omit, parse, rename, to_lower_camel, to_upper_camel
from steps.cloudformation.resources.resource_type import Identity, ResourceType

_DEFINITION = "Definition", "DefinitionString", "DefinitionS3Location", "DefinitionSubstitutions"


def create_state_machine(aws: Clients, p: Properties) -> Identity:
    def fetch(location: Properties) -> bytes:
        content: bytes = aws("s3").get_object(Bucket=location["Bucket"], Key=location["Key"])["Body"].read()
        return content

    arguments = rename(omit(p, *_DEFINITION), StateMachineName="name", StateMachineType="type")
    arguments = to_lower_camel(arguments) | {"definition": _resolve_definition(p, fetch)}
    arn = call(aws("stepfunctions"), "create_state_machine", arguments)["stateMachineArn"]
    return Identity(arn, {"Arn": arn, "Name": p["StateMachineName"]})


def _resolve_definition(p: Properties, fetch: Callable[[Properties], bytes | None]) -> str | None:
    """The definition with the ${names} in DefinitionSubstitutions replaced; None if `fetch` returns None."""
    if "Definition" in p:
        text = json.dumps(p["Definition"])
    elif "DefinitionString" in p:
        text = str(p["DefinitionString"])
    elif (content := fetch(p["DefinitionS3Location"])) is not None:
        text = content.decode()
    else:
        return None
    values = p.get("DefinitionSubstitutions", {})
    return re.sub(r"\$\{(\w+)\}", lambda match: str(values.get(match[1], match[0])), text)


def _parse_definition(p: Properties, packages: Mapping[str, bytes]) -> Properties:
    """Replace a definition's location by the definition after substitutions."""
    text = _resolve_definition(p, lambda location: packages.get(location["Key"]))
    return omit(p, *_DEFINITION) | {"Definition": unknown("definition") if text is None else json.loads(text)}


def read_state_machine(aws: Clients, declared: Declared) -> Properties:
    stepfunctions = aws("stepfunctions")
    answer = get(stepfunctions, "describe_state_machine", stateMachineArn=declared.ref)
    return {
        **to_upper_camel(omit(answer, "definition")),
        "StateMachineName": answer["name"],
        "StateMachineType": answer["type"],
        "Definition": parse(answer["definition"]),
        "Tags": to_upper_camel(stepfunctions.list_tags_for_resource(resourceArn=declared.ref)["tags"]),
    }


_ARN = "arn:{partition}:states:{region}:{account}:stateMachine:{StateMachineName}"
TYPES = [
    ResourceType(
        "AWS::StepFunctions::StateMachine",
        create_state_machine,
        read_state_machine,
        ref=_ARN,
        attributes={"Arn": _ARN, "Name": "{StateMachineName}"},
        represent=_parse_definition,
    )
]
