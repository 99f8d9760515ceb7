"""moto, the state and control plane under our layers, spoken to by AWS's HTTP API alone."""

from __future__ import annotations

import functools
import os
import re
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from botocore import loaders
from werkzeug.serving import WSGIRequestHandler
from werkzeug.wrappers import Request, Response

from local_aws.http import Handler, with_body
from local_aws.moto_memory import backends_remembered, interpreter_remembers, objects_shared

INTERPRETER_KEY = "ak"
"""The access key with which moto's Step Functions signs all that it calls; its secret is each session's own."""

_MOTOS_OWN = re.compile(r"/(moto-api|latest/(meta-data|api)(/|$)|favicon\.ico$)")
"""Paths that are moto's and not AWS's: they read, change and empty all that there is, whoever asks."""


def control_plane(account: str, port: int, interpreter_secret: str) -> Handler:
    """moto as the innermost layer, for `account`; its own calls come back through `port`, signed with the secret."""
    os.environ["MOTO_PORT"] = str(port)
    import_moto(account)
    _have_interpreter_sign(interpreter_secret)
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    moto = DomainDispatcherApplication(create_backend_app)
    backends_remembered(moto)

    def answer(request: Request) -> Response:
        if _MOTOS_OWN.match(request.path):
            return Response(f"{request.path[:100]} is no path of AWS's.\n", 403)
        return Response.from_app(moto, with_body(request, request.get_data()).environ, buffered=True)

    return answer


def import_moto(account: str) -> None:
    """Imports moto, which reads its settings meanwhile and later: those of `account`, one in a process."""
    os.environ["MOTO_ACCOUNT_ID"] = account
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"  # or every answer says that any web page may read it
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # half a second, for what Lambda has no use for
    os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"] = str(2**27)  # larger ones lie in a file
    _import_moto()


@functools.cache
def _import_moto() -> None:
    # A session parses botocore's models anew, and moto makes many while it is imported.
    loaders.create_loader = functools.cache(loaders.create_loader)
    from moto.core.config import default_user_config

    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    _tell_moments_as_text()
    interpreter_remembers()
    objects_shared()


def _tell_moments_as_text() -> None:
    """On AWS $$.Execution.StartTime is text; moto's is none, and breaks an execution that has it in its output."""
    from moto.stepfunctions.parser.backend import execution_worker

    worker: Any = execution_worker
    told = worker.ExecutionData

    def as_text(*, StartTime: datetime, **more: Any) -> Any:  # noqa: N803  # as the context object names it
        return told(StartTime=StartTime.isoformat(timespec="milliseconds").replace("+00:00", "Z"), **more)

    worker.ExecutionData = as_text


def _have_interpreter_sign(secret: str) -> None:
    import boto3
    from moto.stepfunctions.parser.asl.utils import boto_client

    module: Any = boto_client

    def client(**settings: Any) -> Any:
        return boto3.client(**{**settings, "aws_secret_access_key": secret})

    module.boto3 = SimpleNamespace(client=client)


def request_handler() -> type[WSGIRequestHandler]:
    """moto's own request handler, which keeps S3 metadata's names as sent, without a line on the terminal a request."""
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    class QuietHandler(MotoRequestHandler):
        disable_nagle_algorithm = True

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """The server logs requests itself, with what they took."""

    return QuietHandler
