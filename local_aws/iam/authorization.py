"""The layer that authorizes each request by the IAM policies of its caller.

The root user, AWS services acting on their own behalf (except in AssumeRole) and form uploads to S3 are exempt.
"""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from local_aws.errors import Refused, ServiceError, error_response
from local_aws.http import Handler, Scope, json_answer, scope_of
from local_aws.iam.arns import Places
from local_aws.iam.calling_state_machine import Machines
from local_aws.iam.evaluation import Judge
from local_aws.iam.identities import Identities
from local_aws.iam.operations import Operation
from local_aws.iam.required_actions import demands
from local_aws.iam.roles import Roles
from local_aws.iam.simulation import SIMULATIONS, simulated
from local_aws.internal_client import Wire, is_service
from local_aws.moto_patches import INTERPRETER_KEY

_ASKED = "/_iam/asked"


class Iam:
    """Authorizes requests; calls the APIs of IAM, STS and Step Functions over `wire`."""

    def __init__(self, wire: Wire, account: str) -> None:
        self._places = Places(wire, account)
        self._identities = Identities(wire)
        self._machines = Machines(wire)
        self.roles = Roles(self._identities, self._places)
        self._judge = Judge(self._identities, self._places, self.roles)

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Answer `request`; raises Refused."""
        scope = scope_of(request)
        if scope is None:
            return self._asked() if request.path == _ASKED else inner(request)
        operation = Operation(request, scope)
        error = self._error(scope.access_key, operation) or self.roles.refused(operation)
        if error:
            raise _refused(request, scope, error)
        if scope.service == "iam" and operation.name in SIMULATIONS:
            return simulated(operation, scope, self._identities)
        answer = inner(request)
        if scope.service == "s3" and answer.status_code == 404:
            self._hide_absence(scope, operation, answer)
        self._forget(operation)
        return answer

    def _asked(self) -> Response:
        """Return the actions each user or role has needed so far, sorted: a policy for it has to allow these."""
        return json_answer({arn: sorted(actions) for arn, actions in list(self._judge.asked.items())})

    def _error(self, access_key: str, operation: Operation) -> ServiceError | None:
        if (operation.service, operation.name) == ("sts", "GetCallerIdentity"):
            return None  # no policy can deny it, and Identities.caller() depends on it
        if is_service(access_key):
            return self._judge.of_service(access_key, operation)
        if access_key == INTERPRETER_KEY:
            return self._error_of_a_task(operation)
        caller = self._identities.caller(access_key)
        return self._judge.of_caller(caller, operation) if caller else None

    def _error_of_a_task(self, operation: Operation) -> ServiceError | None:
        """None if any state machine that may be the caller is allowed: the actual caller cannot be determined."""
        called = [demand.resource for demand in demands(operation, self._places, {})]
        machines = self._machines.calling(operation.region, called[0]) if called else []
        errors = [self._judge.of_machine(machine, operation) for machine in machines]
        return errors[0] if errors and all(errors) else None

    def _hide_absence(self, scope: Scope, operation: Operation, answer: Response) -> None:
        caller = self._identities.caller(scope.access_key)
        error = self._judge.of_absence(caller, operation) if caller else None
        if error and b"NoSuchBucket" not in answer.get_data():
            raise _refused(operation.request, scope, error)

    def _forget(self, operation: Operation) -> None:
        """Drop cached answers after a write; CloudFormation writes without calling the services' APIs."""
        service = operation.service
        if operation.name in ("PutBucketPolicy", "DeleteBucketPolicy", "DeleteBucket"):
            self._identities.forget()
        if service not in ("iam", "secretsmanager", "states", "cloudformation"):
            return
        if operation.name.startswith(("Get", "List", "Describe", "Simulate")):
            return
        if service in ("iam", "cloudformation"):
            self._identities.forget()
        if service == "cloudformation" or (service == "states" and "StateMachine" in operation.name):
            self._machines.forget()
        self._places.forget(service)


def _refused(request: Request, scope: Scope, error: ServiceError) -> Refused:
    request.get_data()  # read the body: a client still sending when the connection closes gets no response
    return Refused(error_response(request, scope, error))
