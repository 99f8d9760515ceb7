"""Requests to the embedded AWS that no client of AWS makes, signed as any of them."""

import base64
import http.client
from collections.abc import Mapping
from contextlib import closing
from typing import NamedTuple
from urllib.parse import urlsplit

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_aws import LocalAws


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def send(aws: LocalAws, method: str, target: str, **headers: str) -> Answer:
    """Send a request and return its response; `_` in header names stands for `-`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection(urlsplit(aws.endpoint_url).netloc, timeout=20)) as connection:
        connection.request(method, target, headers=sent)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())


def credentials(aws: LocalAws) -> Credentials:
    """The root user's."""
    return Credentials(aws.environment["AWS_ACCESS_KEY_ID"], aws.environment["AWS_SECRET_ACCESS_KEY"])


def presigned(aws: LocalAws, method: str, path: str) -> str:
    """The path and query of a request to S3 that the root user has signed."""
    request = AWSRequest(method, aws.endpoint_url + path)
    S3SigV4QueryAuth(credentials(aws), "s3", aws.region).add_auth(request)
    return str(request.url).removeprefix(aws.endpoint_url)


def basic(aws: LocalAws) -> str:
    """The Authorization header of the root user's control requests."""
    keys = credentials(aws)
    return f"Basic {base64.b64encode(f'{keys.access_key}:{keys.secret_key}'.encode()).decode()}"
