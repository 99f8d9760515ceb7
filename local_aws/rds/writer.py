"""The layer by which PostgreSQL is restarted where RDS is told to restart a cluster's writer, or to replace it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, scope_of

_RESTARTS = {"FailoverDBCluster", "RebootDBInstance"}


class AuroraWriter:
    """Passes all requests on, and answers those that restart the writer once `restart` has done so."""

    def __init__(self, inner: Handler) -> None:
        self._inner = inner
        self.restart: Callable[[], None] = lambda: None
        """Restarts PostgreSQL, which stands for every cluster, and returns when it answers again."""

    def __call__(self, request: Request) -> Response:
        """Answers `request`."""
        scope = scope_of(request)
        asked = parse_qs(request.get_data(as_text=True)) if scope is not None and scope.service == "rds" else {}
        answer = self._inner(request)
        if answer.status_code == 200 and _RESTARTS.intersection(asked.get("Action", ())):
            self.restart()
        return answer
