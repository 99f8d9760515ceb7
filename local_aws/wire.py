"""Calls of AWS's HTTP API from inside the embedded AWS, through all its layers and signed as whoever is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from local_aws.envelopes import Handler

SERVICE_KEY = "AKIAAWSSERVICE000000"
"""The access key with which AWS's services act on their own behalf, as Lambda does when it reads its configuration."""


class Credentials(NamedTuple):
    """Temporary credentials of a role."""

    access_key: str
    secret_key: str
    session_token: str


class CallFailed(Exception):
    """An AWS operation was refused; carries AWS's `code` and `message` and the HTTP `status`."""

    def __init__(self, operation: str, code: str, message: str, status: int) -> None:
        super().__init__(f"{operation} was refused with {code} ({status}): {message}")
        self.code, self.message, self.status = code, message, status


class Wire:
    """A client of the embedded AWS without a socket between."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

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
        """Sends one HTTP request (`path` not URL-encoded) and returns its answer, whatever the status."""
        scope = f"{access_key}/20250101/{region}/{service}/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        sent = Headers({**(headers or {}), "Authorization": signature})
        builder = EnvironBuilder(path=quote(path), method=method, query_string=query, headers=sent, data=body)
        return self._handler(Request(builder.get_environ()))

    def call(
        self, service: str, region: str, target: str, arguments: Mapping[str, Any], *, access_key: str = SERVICE_KEY
    ) -> dict[str, Any]:
        """Calls an operation of a JSON service, such as "AWSEvents.ListRules"; raises CallFailed."""
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

    def assume_role(self, role_arn: str, session: str, region: str) -> Credentials:
        """Credentials of `role_arn` by sts:AssumeRole; raises CallFailed."""
        form = {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": role_arn, "RoleSessionName": session[:64]}
        answer = self.send(
            "sts",
            region,
            "POST",
            "/",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
        )
        fields = {element.tag.rpartition("}")[2]: element.text or "" for element in _elements(answer)}
        if answer.status_code >= 400:
            raise CallFailed("sts:AssumeRole", fields["Code"], fields["Message"], answer.status_code)
        return Credentials(fields["AccessKeyId"], fields["SecretAccessKey"], fields["SessionToken"])


def _elements(answer: Response) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(answer.get_data()).iter())
