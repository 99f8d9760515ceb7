"""moto as the innermost handler: it keeps the state and is the control plane, called through AWS's HTTP API only."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from functools import cache
from typing import IO, cast

from werkzeug.exceptions import ClientDisconnected
from werkzeug.serving import WSGIRequestHandler
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import LimitedStream, get_content_length

from local_aws import moto_patches
from local_aws.http import Handler, with_body
from local_aws.step_functions.interpreter import patch_interpreter

_MOTOS_OWN = re.compile(r"/(moto-api|latest/(meta-data|api)(/|$)|favicon\.ico$)")
"""Paths of moto that AWS does not have: they read, change and reset the whole state without authorization."""


def control_plane(account: str, port: int, interpreter_secret: str) -> Handler:
    """Returns moto for `account`; its own requests go to `port`, signed with the secret."""
    os.environ["MOTO_PORT"] = str(port)
    import_moto(account)
    moto_patches.sign_as_interpreter(interpreter_secret)
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    moto = DomainDispatcherApplication(create_backend_app)
    moto_patches.find_backends_once(moto)

    def answer(request: Request) -> Response:
        if _MOTOS_OWN.match(request.path):
            return Response(f"{request.path[:100]} is no path of AWS's.\n", 403)
        return Response.from_app(moto, with_body(request, request.get_data()).environ, buffered=True)

    return answer


def import_moto(account: str) -> None:
    """Imports moto for `account`; moto reads its settings during the import and later, so a process has one account.

    The settings are set each time: a forked process takes its environment's variables away before it calls this again.
    """
    os.environ["MOTO_ACCOUNT_ID"] = account
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"  # otherwise every response allows any web page to read it
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # loading them takes half a second, and Lambda needs none
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # AWS's own, such as AWSLambdaBasicExecutionRole; 80 ms
    os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"] = str(2**27)  # larger objects are kept in a file
    _patch_moto()


@cache
def _patch_moto() -> None:
    moto_patches.share_models()
    moto_patches.leave_out_offerings()
    moto_patches.run_state_machines()
    moto_patches.give_start_time_as_text()
    moto_patches.begin_executions_as_running()
    moto_patches.report_ends_of_executions()
    moto_patches.add_request_ids()
    moto_patches.name_denied_calls()
    moto_patches.leave_bucket_policies_to_us()
    patch_interpreter()
    moto_patches.keep_parsed()
    moto_patches.filter_log_events()
    moto_patches.take_policies_without_version()
    moto_patches.add_zones_of_the_sovereign_cloud()
    moto_patches.manage_keys_of_services()


def request_handler() -> type[WSGIRequestHandler]:
    """Returns moto's request handler, which keeps S3 metadata names as sent; this one also keeps connections open.

    Werkzeug's closes each connection after one answer, and waits for its end. Without connections that stay open a
    request takes 0.7 to 1.7 ms of CPU more, of 2.8 to 4.8 (2 cores, Python 3.11, 2026-11-28).
    """
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    class ConnectionHandler(MotoRequestHandler):
        disable_nagle_algorithm = True

        def run_wsgi(self) -> None:
            """Answers one request, and reads its body to the end, after which the next request begins."""
            environ = self.make_environ()
            if not environ.get("wsgi.input_terminated"):  # it is, where the body is chunked
                environ["wsgi.input"] = LimitedStream(cast("IO[bytes]", self.rfile), get_content_length(environ) or 0)
                environ["wsgi.input_terminated"] = True
            body, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
            content = b"".join(body)
            code, _, reason = status.partition(" ")
            self.send_response(int(code), reason)
            for name, value in headers:
                self.send_header(name, value)
            if "Content-Length" not in headers and int(code) not in (204, 304):
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            with suppress(ClientDisconnected):
                environ["wsgi.input"].read()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Does nothing: the server logs requests itself, with their duration."""

    return ConnectionHandler
