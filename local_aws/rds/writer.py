"""The layer that restarts PostgreSQL when an RDS request restarts or fails over a cluster's writer."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, scope_of

_RESTARTS = {"FailoverDBCluster", "RebootDBInstance"}


class AuroraWriter:
    """Passes all requests on; after a request that restarts the writer, calls `restart` before it responds."""

    def __init__(self, inner: Handler) -> None:
        self._inner = inner
        self.restart: Callable[[], None] = lambda: None
        """Restarts PostgreSQL, which serves all clusters, and returns when it accepts connections again."""

    def __call__(self, request: Request) -> Response:
        """Answers `request`."""
        scope = scope_of(request)
        asked = parse_qs(request.get_data(as_text=True)) if scope is not None and scope.service == "rds" else {}
        answer = self._inner(request)
        if answer.status_code == 200 and _RESTARTS.intersection(asked.get("Action", ())):
            self.restart()
        return answer
