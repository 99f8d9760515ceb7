"""Reads a request's signature from its header, its query or, for an upload to S3, its form.

botocore's signers calculate the expected signature.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from botocore import auth
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request

from local_aws.http import Scope, scope_of

_SIGNED_HEADERS = re.compile(r"SignedHeaders=([^,\s]+)")
_SIGNATURE = re.compile(r"Signature=([0-9a-f]+)")
_V2_HEADERS = ("content-md5", "content-type")


class Signature(NamedTuple):
    """The signature of a request, with its access key and session token."""

    access_key: str
    session_token: str
    value: str
    expected: Callable[[Credentials], str]
    """Calculates the signature of the request by the given credentials."""


def signature_of(request: Request) -> Signature | None:
    """Returns a request's signature; None if it has none, an incomplete one, or two.

    With two, moto would route by the header, and a presigned link to one object would give access to any service.
    """
    scope = scope_of(request)
    if "Authorization" in request.headers:
        is_in_query = "AWSAccessKeyId" in request.args or "X-Amz-Credential" in request.args
        return None if scope is None or is_in_query else _header_signature(request, scope)
    if scope is None:
        return _form_signature(request) if request.mimetype == "multipart/form-data" else None
    return _query_signature_v2(request, scope) if "AWSAccessKeyId" in request.args else _query_signature(request, scope)


def _header_signature(request: Request, scope: Scope) -> Signature | None:
    authorization = request.headers["Authorization"]
    names, value = _SIGNED_HEADERS.search(authorization), _SIGNATURE.search(authorization)
    date = request.headers.get("X-Amz-Date")
    if names is None or value is None or date is None:
        return None
    signer = auth.S3SigV4Auth if scope.service == "s3" else auth.SigV4Auth
    token = request.headers.get("X-Amz-Security-Token", "")
    return Signature(scope.access_key, token, value[1], _calculation(request, scope, signer, names[1], date))


def _query_signature(request: Request, scope: Scope) -> Signature | None:
    query = request.args
    if any(f"X-Amz-{name}" not in query for name in ("Signature", "SignedHeaders", "Date")):
        return None
    signer = auth.S3SigV4QueryAuth if scope.service == "s3" else auth.SigV4QueryAuth
    calculate = _calculation(request, scope, signer, query["X-Amz-SignedHeaders"], query["X-Amz-Date"])
    return Signature(scope.access_key, query.get("X-Amz-Security-Token", ""), query["X-Amz-Signature"], calculate)


def _calculation(
    request: Request, scope: Scope, signer: type[auth.SigV4Auth], signed_headers: str, date: str
) -> Callable[[Credentials], str]:
    def calculate(credentials: Credentials) -> str:
        signing: Any = signer(credentials, scope.service, scope.region)
        received = _Received(request, signed_headers.split(";"), date)
        signature = signing.signature(signing.string_to_sign(received, signing.canonical_request(received)), received)
        return str(signature)

    return calculate


class _Received:
    """A received request, in the form of a request that botocore's signers sign."""

    def __init__(self, request: Request, signed_headers: list[str], date: str) -> None:
        self._request = request
        self.method = request.method
        self.url = f"http://{request.host}{urlsplit(request.environ['RAW_URI']).path}"
        query = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True)
        self.params = [(name, value) for name, value in query if name != "X-Amz-Signature"]
        self.headers = Headers([(name, request.headers.get(name, "")) for name in signed_headers])
        self.context = {"timestamp": date}

    @property
    def body(self) -> bytes:
        """The body; signers read it only if no header has its digest."""
        return self._request.get_data()


def _query_signature_v2(request: Request, scope: Scope) -> Signature | None:
    query = request.args
    if "Signature" not in query or "Expires" not in query:
        return None
    headers = HTTPHeaders()
    for name, value in (*query.items(), *request.headers.items()):
        small = name.lower()
        if (small.startswith("x-amz-") or small in _V2_HEADERS) and small not in headers:
            headers[small] = value

    def calculate(credentials: Credentials) -> str:
        signing: Any = auth.HmacV1Auth(credentials)
        signing._get_date = lambda: query["Expires"]
        return str(signing.get_signature(request.method, urlsplit(request.environ["RAW_URI"]), headers))

    return Signature(scope.access_key, query.get("x-amz-security-token", ""), query["Signature"], calculate)


def _form_signature(request: Request) -> Signature | None:
    request.get_data()  # cached, so that the layers below can read it too
    form = {name.lower(): value for name, value in request.form.items()}
    token = form.get("x-amz-security-token", "")
    if form.keys() >= {"policy", "awsaccesskeyid", "signature"}:
        return Signature(
            form["awsaccesskeyid"],
            token,
            form["signature"],
            lambda credentials: auth.HmacV1PostAuth(credentials).sign_string(form["policy"]),
        )
    if not form.keys() >= {"policy", "x-amz-credential", "x-amz-signature"}:
        return None
    access_key, date, region, service = f"{form['x-amz-credential']}////".split("/")[:4]
    received: Any = _Dated({"timestamp": date})
    return Signature(
        access_key,
        token,
        form["x-amz-signature"],
        lambda credentials: auth.SigV4Auth(credentials, service, region).signature(form["policy"], received),
    )


class _Dated(NamedTuple):
    """The signing date of a form, the only input of a signer besides the policy."""

    context: dict[str, str]
