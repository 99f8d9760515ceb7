"""RDS: reports the gate as the endpoint of clusters, and restarts PostgreSQL when a writer is restarted."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, scope_of

_RESTARTS = {"FailoverDBCluster", "RebootDBInstance"}
# A cluster's Endpoint is text; an instance's Endpoint has the elements Address and Port.
_ENDPOINT = re.compile(rb"<Endpoint>[^<]*</Endpoint>")


class Aurora:
    """The layer that makes one PostgreSQL stand for all clusters."""

    def __init__(self) -> None:
        self.address = ""
        """Host and port of the gate, once it is open; on the loopback, the host alone would not identify it."""
        self.restart: Callable[[], None] = lambda: None
        """Restarts PostgreSQL, and returns when it accepts connections again."""

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Replaces each cluster's endpoint by `address`; calls `restart` after a request that restarts a writer."""
        scope = scope_of(request)
        if scope is None or scope.service != "rds":
            return inner(request)
        asked = parse_qs(request.get_data(as_text=True))
        answer = inner(request)
        if self.address and not any("Proxy" in action or "Proxies" in action for action in asked.get("Action", ())):
            endpoint = b"<Endpoint>%b</Endpoint>" % self.address.encode()
            answer.set_data(_ENDPOINT.sub(endpoint, answer.get_data()))
        if answer.status_code == 200 and _RESTARTS.intersection(asked.get("Action", ())):
            self.restart()
        return answer
