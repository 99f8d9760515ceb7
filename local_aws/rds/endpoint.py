"""The layer that makes RDS report the gate's address as the endpoint of each cluster."""

from __future__ import annotations

import re

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, scope_of

# A cluster's Endpoint is text; an instance's Endpoint has the elements Address and Port.
_ENDPOINT = re.compile(rb"<Endpoint>[^<]*</Endpoint>")


class AuroraEndpoint:
    """Passes all requests on, and replaces the cluster endpoint in RDS responses by `address`, once it is set."""

    def __init__(self, inner: Handler) -> None:
        self._inner = inner
        self.address = ""
        """The gate's host and port; on the loopback, the host alone would not identify it."""

    def __call__(self, request: Request) -> Response:
        """Answers `request`."""
        answer = self._inner(request)
        scope = scope_of(request)
        if self.address and scope is not None and scope.service == "rds":
            endpoint = b"<Endpoint>%b</Endpoint>" % self.address.encode()
            answer.set_data(_ENDPOINT.sub(endpoint, answer.get_data()))
        return answer
