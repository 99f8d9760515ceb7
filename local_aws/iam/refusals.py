"""The access-denied error of each service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from local_aws.errors import ServiceError
from local_aws.iam.operations import Operation
from local_aws.iam.policies import Demand, Verdict


def access_denied(operation: Operation, caller: str, demand: Demand, verdict: Verdict | None) -> ServiceError:
    """The error for a demand that is not allowed; `verdict` is None if the cause is not the caller's own policies."""
    reasons = {
        Verdict.NOT_ALLOWED: f" because no identity-based policy allows the {demand.action} action",
        Verdict.DENIED: " with an explicit deny in an identity-based policy",
        Verdict.BEYOND_BOUNDARY: f" because no permissions boundary allows the {demand.action} action",
        Verdict.DENIED_BY_RESOURCE: " with an explicit deny in a resource-based policy",
    }
    said = (
        f"User: {caller} is not authorized to perform: {demand.action} on resource: {demand.shown or demand.resource}"
    )
    message = said + (reasons[verdict] if verdict else "")
    match operation.service:
        case "ec2":
            return ServiceError(
                "UnauthorizedOperation", f"You are not authorized to perform this operation. {message}", 403
            )
        case "s3":
            return ServiceError("AccessDenied", message, 403)
        case "lambda":
            return ServiceError("AccessDeniedException", message, 403)
    if operation.request.headers.get("X-Amz-Target"):
        return ServiceError("AccessDeniedException", message, 400)
    return ServiceError("AccessDenied", message, 403)
