"""Authorize operations: find the error that refuses a caller."""

from __future__ import annotations

import random
import re
import string

from local_aws.errors import ServiceError
from local_aws.iam.arns import Places
from local_aws.iam.calling_state_machine import Machine
from local_aws.iam.identities import Caller, Identities
from local_aws.iam.operations import Operation
from local_aws.iam.policies import Demand, Verdict, decide
from local_aws.iam.refusals import access_denied
from local_aws.iam.required_actions import demands, to_tell_it_is_gone
from local_aws.iam.roles import Roles
from local_aws.iam.trust import Trust

_STATES = "states.amazonaws.com"
_BUCKET = re.compile(r"arn:aws[a-z-]*:s3:::(?P<name>[^/]+)")


class Judge:
    """Evaluates the policies that `identities` has read."""

    def __init__(self, identities: Identities, places: Places, roles: Roles) -> None:
        self._identities = identities
        self._places = places
        self._roles = roles
        self.asked: dict[str, set[str]] = {}
        """Maps the ARN of each user or role to the actions it has needed so far, allowed or not."""

    def of_caller(self, caller: Caller, operation: Operation) -> ServiceError | None:
        """The error that refuses a user or role; None if it is allowed."""
        wanted = demands(operation, self._places, caller.context)
        if (operation.service, operation.name) == ("sts", "AssumeRole"):
            return self._of_assumption(caller, operation, wanted[0])
        for demand in wanted:
            verdict = self._verdict(caller, demand)
            if verdict is not Verdict.ALLOWED:
                return access_denied(operation, caller.arn, demand, verdict)
        return None

    def of_service(self, service: str, operation: Operation) -> ServiceError | None:
        """The error that refuses a service; a service may do anything except assume a role that does not trust it."""
        if (operation.service, operation.name) != ("sts", "AssumeRole"):
            return None
        role, source = operation.parameters["RoleArn"], operation.request.headers.get("x-amz-source-arn", "")
        if self._roles.assumable(role, service, operation.region, source):
            return None
        message = f"{service} is not authorized to perform: sts:AssumeRole on resource: {role}"
        return ServiceError("AccessDenied", message, 403)

    def of_machine(self, machine: Machine, operation: Operation) -> ServiceError | None:
        """The error that refuses a state machine's task, which runs under the machine's role."""
        if not self._roles.assumable(machine.role, _STATES, operation.region, machine.arn):
            message = f"The principal {_STATES} is not authorized to assume the provided role."
            return ServiceError("AccessDeniedException", message, 403)
        session = "".join(random.choices(string.ascii_letters, k=32))
        return self.of_caller(self._identities.session(machine.role, session), operation)

    def of_absence(self, caller: Caller, operation: Operation) -> ServiceError | None:
        """The 403 that S3 returns instead of 404 to a caller without permission to list the bucket; otherwise None."""
        demand = to_tell_it_is_gone(operation, caller.context)
        if demand is None or (verdict := self._verdict(caller, demand)) is Verdict.ALLOWED:
            return None
        return access_denied(operation, caller.arn, demand, verdict)

    def _of_assumption(self, caller: Caller, operation: Operation, demand: Demand) -> ServiceError | None:
        own = self._verdict(caller, demand)
        trust = self._identities.trust(demand.resource)
        arns = frozenset((caller.arn, caller.identity_arn))
        trusted = trust.of_identity(arns, self._places.account, demand) if trust else Trust.NONE
        if own is Verdict.DENIED or (own is Verdict.NOT_ALLOWED and trusted is Trust.ACCOUNT):
            return access_denied(operation, caller.arn, demand, own)
        return access_denied(operation, caller.arn, demand, None) if trusted is Trust.NONE else None

    def _verdict(self, caller: Caller, demand: Demand) -> Verdict:
        self.asked.setdefault(caller.identity_arn, set()).add(demand.action)
        policies = self._identities.policies(caller.identity) or ()
        own = decide(policies, demand, self._identities.boundary(caller.identity)).verdict
        bucket = _BUCKET.match(demand.resource)
        return self._with_bucket_policy(bucket["name"], own, caller, demand) if bucket else own

    def _with_bucket_policy(self, bucket: str, own: Verdict, caller: Caller, demand: Demand) -> Verdict:
        """The verdict on an S3 demand: a bucket's policy can deny it, or allow it to a principal that it names."""
        (region,) = demand.context["aws:requestedregion"]
        policy, arns = self._identities.bucket_policy(bucket, region), frozenset((caller.arn, caller.identity_arn))
        if policy.denies(arns, self._places.account, demand):
            return Verdict.DENIED_BY_RESOURCE
        if own is Verdict.NOT_ALLOWED and policy.of_identity(arns, self._places.account, demand) is Trust.NAMED:
            return Verdict.ALLOWED
        return own
