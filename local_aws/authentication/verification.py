"""The layer that rejects requests without a valid signature by an access key of this AWS, with AWS's errors.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from hmac import compare_digest

from botocore.credentials import Credentials
from werkzeug.wrappers import Request, Response

from local_aws.authentication.access_keys import AccessKeys
from local_aws.authentication.signatures import signature_of
from local_aws.errors import Protocol, ServiceError, error_response, protocol_of
from local_aws.http import Handler, scope_of

_NOT_VALIDATED = ServiceError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
_INVALID_TOKEN = "The security token included in the request is invalid."
_UNKNOWN: dict[Protocol, ServiceError] = {
    "json": ServiceError("UnrecognizedClientException", _INVALID_TOKEN, 400),
    "rest-json": ServiceError("UnrecognizedClientException", _INVALID_TOKEN, 403),
    "query": ServiceError("InvalidClientTokenId", _INVALID_TOKEN, 403),
    "ec2": _NOT_VALIDATED,
    "s3": ServiceError("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403),
}
_DIFFERS = "The request signature we calculated does not match the signature you provided. Check your "
_MISMATCH = f"{_DIFFERS}AWS Secret Access Key and signing method. Consult the service documentation for details."
_WRONG: dict[Protocol, ServiceError] = {
    "json": ServiceError("InvalidSignatureException", _MISMATCH, 400),
    "rest-json": ServiceError("InvalidSignatureException", _MISMATCH, 403),
    "query": ServiceError("SignatureDoesNotMatch", _MISMATCH, 403),
    "ec2": _NOT_VALIDATED,
    "s3": ServiceError("SignatureDoesNotMatch", f"{_DIFFERS}key and signing method.", 403),
}
_MISSING_TOKEN = ServiceError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
_UNSIGNED: dict[Protocol, ServiceError] = {
    "json": ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token", 400),
    "rest-json": ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token", 403),
    "query": _MISSING_TOKEN,
    "ec2": _MISSING_TOKEN,
    "s3": ServiceError("AccessDenied", "Access Denied", 403),
}
_CONTROL = "/_"
"""Prefix of the paths of control requests; no bucket name and no path of AWS's APIs begins with it."""


class Authentication:
    """Passes on the requests with a valid signature by one of `keys`.

    Control requests carry the root user's key by HTTP Basic. Requests that AWS accepts unsigned, such as
    sts:AssumeRoleWithWebIdentity or a read of a public object, are rejected: nothing here identifies the caller.
    """

    def __init__(self, keys: AccessKeys) -> None:
        self._keys = keys

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Answers `request`."""
        scope = scope_of(request)
        if scope is None and request.path.startswith(_CONTROL):
            shown = request.headers.get("Authorization", "")
            if compare_digest(shown.encode(), self._keys.control_authorization.encode()):
                return inner(request)
            return Response(f"{_CONTROL} is for the root user of this session alone, by HTTP's Basic scheme.\n", 403)
        if refusals := _refusals(request, self._keys):
            request.get_data()  # a client that is still sending its body would not receive the response
            return error_response(request, scope, refusals[protocol_of(request, scope)])
        return inner(request)


def _refusals(request: Request, keys: AccessKeys) -> dict[Protocol, ServiceError] | None:
    signature = signature_of(request)
    if signature is None:
        return _UNSIGNED
    credentials = keys.find(signature.access_key, signature.session_token)
    if credentials is None:
        return _UNKNOWN
    expected = signature.expected(Credentials(credentials.access_key, credentials.secret_key))
    return None if compare_digest(signature.value.encode(), expected.encode()) else _WRONG
