"""moto as the innermost layer: it keeps the state and is the control plane, called through AWS's HTTP API only."""

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
"""The access key with which moto's Step Functions interpreter signs its requests; each session has its own secret."""

_MOTOS_OWN = re.compile(r"/(moto-api|latest/(meta-data|api)(/|$)|favicon\.ico$)")
"""Paths of moto that AWS does not have: they read, change and reset the whole state without authorization."""


def control_plane(account: str, port: int, interpreter_secret: str) -> Handler:
    """Returns moto as the innermost layer, for `account`; its own requests go to `port`, signed with the secret."""
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
    """Imports moto for `account`; moto reads its settings during the import and later, so a process has one account."""
    os.environ["MOTO_ACCOUNT_ID"] = account
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"  # otherwise every response allows any web page to read it
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # loading them takes half a second, and Lambda needs none
    os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"] = str(2**27)  # larger objects are kept in a file
    _import_moto()


@functools.cache
def _import_moto() -> None:
    # Each session parses botocore's models again, and moto creates many sessions during its import.
    loaders.create_loader = functools.cache(loaders.create_loader)
    from moto.core.config import default_user_config

    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    _tell_moments_as_text()
    interpreter_remembers()
    objects_shared()


def _tell_moments_as_text() -> None:
    """Makes $$.Execution.StartTime text, as on AWS; moto's datetime breaks an execution that has it in its output."""
    from moto.stepfunctions.parser.backend import execution_worker

    worker: Any = execution_worker
    told = worker.ExecutionData

    def as_text(*, StartTime: datetime, **more: Any) -> Any:  # noqa: N803  # the name in the context object
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
    """Returns moto's request handler, which keeps S3 metadata names as sent, without its output for each request."""
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    class QuietHandler(MotoRequestHandler):
        disable_nagle_algorithm = True

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Does nothing: the server logs requests itself, with their duration."""

    return QuietHandler
