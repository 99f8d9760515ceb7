"""The services' checks on a role: whether they may assume it, and whether it allows the actions they need."""

from __future__ import annotations

from local_aws.errors import ServiceError
from local_aws.iam.arns import Places
from local_aws.iam.identities import Identities, Identity
from local_aws.iam.operations import Operation
from local_aws.iam.pass_role import handed_roles
from local_aws.iam.policies import Demand, Verdict, decide
from local_aws.iam.resources import resources
from local_aws.iam.trust import Trust


class Roles:
    """The account's roles."""

    def __init__(self, identities: Identities, places: Places) -> None:
        self._identities = identities
        self._places = places

    def assumable(self, role_arn: str, service: str, region: str, source: str) -> bool:
        """True if the role trusts `service` (for example `lambda.amazonaws.com`) acting for the ARN `source`."""
        context = {
            "aws:requestedregion": (region,),
            "aws:sourcearn": (source,),
            "aws:sourceaccount": (self._places.account,),
        }
        trust = self._identities.trust(role_arn)
        return (
            trust is not None and trust.of_service(service, Demand("sts:AssumeRole", role_arn, context)) is Trust.NAMED
        )

    def refused(self, operation: Operation) -> ServiceError | None:
        """The error with which a service refuses a role that the request passes to it; None if it accepts all."""
        for handed in handed_roles(operation):
            source = resources(operation, self._places)[0]
            if not self.assumable(handed.arn, handed.service, operation.region, source):
                return handed.refusal
            for action, refusal in handed.needs:
                if not self._allows(handed.arn, action):
                    return refusal
        return None

    def _allows(self, role_arn: str, action: str) -> bool:
        identity = Identity("Role", role_arn.rpartition("/")[2])
        policies, boundary = self._identities.policies(identity) or (), self._identities.boundary(identity)
        return decide(policies, Demand(action, "*"), boundary).verdict is Verdict.ALLOWED
