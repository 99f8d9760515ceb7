"""SimulatePrincipalPolicy and SimulateCustomPolicy, evaluated by the same code as all requests.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from local_aws.errors import Refused, ServiceError, error_response
from local_aws.http import Scope
from local_aws.iam.conditions import MalformedPolicy
from local_aws.iam.identities import Identities, Identity
from local_aws.iam.operations import Operation
from local_aws.iam.policies import Demand, Policy, decide, policy_of
from local_aws.iam.wildcards import Context

SIMULATIONS = ("SimulatePrincipalPolicy", "SimulateCustomPolicy")
_NOT_SIMULATED = ("ResourcePolicy",)
_Boundary = Sequence[Policy] | None
_SOURCE = re.compile(r"arn:aws[a-z-]*:iam::\d+:(?P<kind>user|role|group)/(?:.*/)?(?P<name>[^/]+)")
_DEFAULT_PAGE, _LARGEST_PAGE = 100, 1000


def simulated(operation: Operation, scope: Scope, identities: Identities) -> Response:
    """The response to one of the two operations; raises Refused with IAM's error."""
    form = {name: str(value) for name, value in operation.parameters.items()}
    try:
        results = list(_results(form, *_policies(operation.name, form, identities)))
        begin, size = int(form.get("Marker", 0)), int(form.get("MaxItems", _DEFAULT_PAGE))
    except (_Impossible, MalformedPolicy, ValueError) as reason:
        raise Refused(_refusal(operation.request, scope, reason)) from reason
    end = begin + min(size, _LARGEST_PAGE)
    more = f"<IsTruncated>true</IsTruncated><Marker>{end}</Marker>" if end < len(results) else ""
    page = f"<EvaluationResults>{''.join(results[begin:end])}</EvaluationResults>"
    result = page + (more or "<IsTruncated>false</IsTruncated>")
    request_id = f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
    name = operation.name
    document = f"<{name}Response><{name}Result>{result}</{name}Result>{request_id}</{name}Response>"
    return Response(document, content_type="text/xml")


class _Impossible(Exception):
    """A request that cannot be simulated, with IAM's error code."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def _refusal(request: Request, scope: Scope, reason: Exception) -> Response:
    if isinstance(reason, _Impossible):
        return error_response(request, scope, ServiceError(reason.code, str(reason), reason.status))
    return error_response(request, scope, ServiceError("InvalidInput", str(reason), 400))


def _policies(operation: str, form: Mapping[str, str], identities: Identities) -> tuple[list[Policy], _Boundary]:
    """The policies to simulate, and the boundary: the one given, or else the identity's."""
    if given := [name for name in _NOT_SIMULATED if name in form]:
        raise _Impossible("InvalidInput", f"{given[0].partition('.')[0]} is not simulated here.")
    inputs, given_boundary = _inputs(form, "PolicyInputList"), _inputs(form, "PermissionsBoundaryPolicyInputList")
    if operation == "SimulateCustomPolicy":
        return inputs, given_boundary or None
    source = form.get("PolicySourceArn", "")
    if not (found := _SOURCE.fullmatch(source)):
        raise _Impossible("InvalidInput", f"Invalid Entity Arn: {source}")
    identity = Identity(found["kind"].title(), found["name"])
    policies = identities.policies(identity)
    if policies is None:
        message = f"The {found['kind']} with name {found['name']} cannot be found."
        raise _Impossible("NoSuchEntity", message, 404)
    return [*policies, *inputs], given_boundary or identities.boundary(identity)


def _inputs(form: Mapping[str, str], name: str) -> list[Policy]:
    documents = enumerate(_members(form, name), start=1)
    return [policy_of(json.loads(each), f"{name}.{number}") for number, each in documents]


def _results(form: Mapping[str, str], policies: list[Policy], boundary: _Boundary) -> Iterator[str]:
    """Yield one result for each action on each resource."""
    context = _context(form)
    for action in _members(form, "ActionNames"):
        for resource in _members(form, "ResourceArns") or ["*"]:
            yield _result(Demand(action, resource, context), policies, boundary)


def _result(demand: Demand, policies: list[Policy], boundary: _Boundary) -> str:
    decision = decide(policies, demand, boundary)
    statements = "".join(
        f"<member><SourcePolicyId>{escape(policy.name)}</SourcePolicyId>"
        "<SourcePolicyType>IAM Policy</SourcePolicyType></member>"
        for policy in decision.matched
    )
    missing = "".join(f"<member>{escape(key)}</member>" for key in _missing(demand, policies))
    return (
        f"<member><EvalActionName>{escape(demand.action)}</EvalActionName>"
        f"<EvalResourceName>{escape(demand.resource)}</EvalResourceName>"
        f"<EvalDecision>{decision.verdict.value.partition(' ')[0]}</EvalDecision>"
        f"<MatchedStatements>{statements}</MatchedStatements>"
        f"<MissingContextValues>{missing}</MissingContextValues></member>"
    )


def _missing(demand: Demand, policies: list[Policy]) -> list[str]:
    """The condition keys that statements covering the demand test but the request does not give."""
    concerned = (each for policy in policies for each in policy.statements if each.concerns(demand))
    keys = {condition.key for statement in concerned for condition in statement.conditions}
    return sorted(keys - demand.context.keys())


def _context(form: Mapping[str, str]) -> Context:
    entries = {}
    for number in range(1, 1 + sum(name.endswith(".ContextKeyName") for name in form)):
        entry = f"ContextEntries.member.{number}"
        values = _members(form, f"{entry}.ContextKeyValues")
        entries[form[f"{entry}.ContextKeyName"].lower()] = tuple(values)
    return entries


def _members(form: Mapping[str, str], name: str) -> list[str]:
    """The members of a list parameter, in the order of their numbers."""
    numbers = (each.removeprefix(f"{name}.member.") for each in form if each.startswith(f"{name}.member."))
    return [form[f"{name}.member.{number}"] for number in sorted(map(int, numbers))]
