"""Calls AWS's HTTP API inside the embedded AWS, through its layers and as the caller whose access key is given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element, fromstring

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from local_aws.http import Handler

SERVICE_KEY = "AKIAAWSSERVICE000000"
"""The access key of AWS services that act on their own behalf, such as Lambda when it reads its configuration."""

_SERVICE_DOMAIN = ".amazonaws.com"
_VERSIONS = {"ec2": "2016-11-15", "iam": "2010-05-08", "rds": "2014-10-31", "sns": "2010-03-31", "sts": "2011-06-15"}


def is_service(access_key: str) -> bool:
    """True if an access key is a service's. A service that assumes a role uses its principal's name as access key."""
    return access_key == SERVICE_KEY or access_key.endswith(_SERVICE_DOMAIN)


class Credentials(NamedTuple):
    """Temporary credentials of a role."""

    access_key: str
    secret_key: str
    session_token: str


class CallFailed(Exception):
    """An AWS operation was refused; carries the `operation`, AWS's `code` and `message`, the HTTP `status`."""

    def __init__(self, operation: str, code: str, message: str, status: int) -> None:
        super().__init__(f"{operation} was refused with {code} ({status}): {message}")
        self.operation, self.code, self.message, self.status = operation, code, message, status


class Wire:
    """A client of the embedded AWS that calls its layers directly, without a socket."""

    def __init__(self, handler: Handler, home: str) -> None:
        """`home`: the region that requests to services without regions are signed for, whose partition they act in."""
        self._handler = handler
        self.home = home

    def send(
        self,
        service: str,
        region: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        access_key: str = SERVICE_KEY,
    ) -> Response:
        """Sends one HTTP request (`path` not URL-encoded) and returns the response, also one with an error status."""
        scope = f"{access_key}/20250101/{region}/{service}/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        sent = Headers({**(headers or {}), "Authorization": signature})
        builder = EnvironBuilder(path=quote(path), method=method, query_string=query, headers=sent, data=body)
        return self._handler(Request(builder.get_environ()))

    def call(
        self, service: str, region: str, target: str, arguments: Mapping[str, Any], *, access_key: str = SERVICE_KEY
    ) -> dict[str, Any]:
        """Calls an operation such as "AWSEvents.ListRules" of a JSON service; returns its output; raises CallFailed."""
        answer = self.send(
            service,
            region,
            "POST",
            "/",
            headers={"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"},
            body=json.dumps(arguments).encode(),
            access_key=access_key,
        )
        content: dict[str, Any] = json.loads(answer.get_data() or b"{}")
        if answer.status_code >= 400:
            code = str(content.get("__type", "InternalFailure")).rpartition("#")[2]
            raise CallFailed(target, code, str(content.get("message", content)), answer.status_code)
        return content

    def query(
        self,
        service: str,
        action: str,
        arguments: Mapping[str, str],
        *,
        region: str = "",
        headers: Mapping[str, str] | None = None,
        access_key: str = SERVICE_KEY,
    ) -> Element:
        """Calls an operation of a query-protocol service; returns the XML without namespaces; raises CallFailed.

        `region`: by default, home.
        """
        form = {"Action": action, "Version": _VERSIONS[service], **arguments}
        answer = self.send(
            service,
            region or self.home,
            "POST",
            "/",
            headers={"Content-Type": "application/x-www-form-urlencoded", **(headers or {})},
            body=urlencode(form).encode(),
            access_key=access_key,
        )
        content = fromstring(answer.get_data())
        for element in content.iter():
            element.tag = element.tag.rpartition("}")[2]
        if answer.status_code >= 400:
            code, message = (content.findtext(f".//{name}") or "" for name in ("Code", "Message"))
            raise CallFailed(f"{service}:{action}", code, message, answer.status_code)
        return content

    def assume_role(self, role_arn: str, session: str, region: str, *, service: str, source: str) -> Credentials:
        """Assumes `role_arn` as a service (`lambda`) that acts for the ARN `source`; raises CallFailed."""
        answer = self.query(
            "sts",
            "AssumeRole",
            {"RoleArn": role_arn, "RoleSessionName": session[:64]},
            region=region,
            headers={"x-amz-source-arn": source},
            access_key=service + _SERVICE_DOMAIN,
        )
        key, secret, token = (
            answer.findtext(f".//{name}") or "" for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
        )
        return Credentials(key, secret, token)
