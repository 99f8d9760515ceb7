"""The layer by which RDS tells of each cluster that it is to be reached where the gate listens."""

from __future__ import annotations

import re

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, scope_of

# A cluster's is text; an instance's holds an Address and a Port.
_ENDPOINT = re.compile(rb"<Endpoint>[^<]*</Endpoint>")


class AuroraEndpoint:
    """Passes all requests on, and puts the gate's `address`, once it is known, into what RDS says of clusters."""

    def __init__(self, inner: Handler) -> None:
        self._inner = inner
        self.address = ""
        """Host and port: clusters share the loopback here, so that the host alone would not tell."""

    def __call__(self, request: Request) -> Response:
        """Answers `request`."""
        answer = self._inner(request)
        scope = scope_of(request)
        if self.address and scope is not None and scope.service == "rds":
            endpoint = b"<Endpoint>%b</Endpoint>" % self.address.encode()
            answer.set_data(_ENDPOINT.sub(endpoint, answer.get_data()))
        return answer
