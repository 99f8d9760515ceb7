"""Digests of the deployed functions and state machine, to detect later changes of the deployment."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from steps.cloudformation.declared import Clients
from steps.drivers.absence import unless_absent
from steps.drivers.names import Names

Digests = dict[str, dict[str, str]]
"""The digests of each deployed resource by its ARN, as SHA-256 in hex; `revision` is AWS's own id."""
# These change without an update of the function: when it is idle for weeks, or is invoked again.
_PASSING = ("ResponseMetadata", "RevisionId", "LastModified", "State", "StateReason", "StateReasonCode")
_PASSING_TOO = ("LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode")


def deployed(client: Clients, names: Names) -> Digests:
    """The digests of the functions and the state machine; a missing resource is left out."""
    functions = {names.arn("lambda", f"function:{name}"): _function(client, name) for name in names.functions}
    machine = {names.state_machine_arn: _machine(client, names.state_machine_arn)}
    return {arn: digests for arn, digests in (functions | machine).items() if digests}


def _function(client: Clients, name: str) -> dict[str, str]:
    """The digests of a function's code, as Lambda hashes it, and of its whole configuration; empty if missing."""
    found: Any = unless_absent(lambda: client("lambda").get_function_configuration(FunctionName=name))
    if found is None:
        return {}
    kept = {key: value for key, value in found.items() if key not in (*_PASSING, *_PASSING_TOO)}
    return {"code": b64decode(found["CodeSha256"]).hex(), "configuration": _sha256(kept)}


def _machine(client: Clients, arn: str) -> dict[str, str]:
    """The digests of a state machine's definition and role, and the revision id of Step Functions; empty if missing."""
    found: Any = unless_absent(lambda: client("stepfunctions").describe_state_machine(stateMachineArn=arn))
    if found is None:
        return {}
    digests = {"definition": _sha256(json.loads(found["definition"])), "role": _sha256(found["roleArn"])}
    return digests | ({"revision": found["revisionId"]} if "revisionId" in found else {})


def _sha256(value: Mapping[str, Any] | str) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
