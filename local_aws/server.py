"""The embedded AWS: all layers behind one HTTP server on the loopback address."""

from __future__ import annotations

import gc
import logging
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from weakref import WeakValueDictionary

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from local_aws.authentication.access_keys import AccessKeys
from local_aws.authentication.layer import authenticated
from local_aws.control_plane import control_plane, request_handler
from local_aws.dynamodb.serialization import dynamodb_in_turn
from local_aws.eventbridge.bus import EventBus
from local_aws.eventbridge.layer import event_bridge
from local_aws.faults.layer import Faults
from local_aws.faults.standing import StandingFaults
from local_aws.http import Handler, is_sent_by_a_page, json_error, named_in, refusals_answered
from local_aws.iam.layer import Iam
from local_aws.internal_client import Wire
from local_aws.lambda_.concurrency import ReservedConcurrency
from local_aws.lambda_.deployments import Deployments
from local_aws.lambda_.environment import Places
from local_aws.lambda_.invocations import Invocations
from local_aws.lambda_.logs import LogShipper, LogStream, stream_name
from local_aws.lambda_.packages import Packages
from local_aws.lambda_.pool import Pool
from local_aws.lambda_.processes import Processes
from local_aws.lambda_.runtime_folder import make_runtime_folder
from local_aws.lambda_.sandbox import Ground, Sandbox
from local_aws.lambda_.spec import FunctionSpec
from local_aws.network.layer import Network
from local_aws.rds.endpoint import AuroraEndpoint
from local_aws.rds.writer import AuroraWriter
from local_aws.s3.object_events import ObjectEvents
from local_aws.step_functions.execution_errors import execution_errors
from local_aws.step_functions.execution_names import named_executions
from local_aws.step_functions.request_ids import request_ids

HOST = "127.0.0.1"
_log = logging.getLogger(__name__)


class PortInUse(Exception):
    """The port asked for is taken."""


def listen(port: int) -> socket.socket:
    """Returns a listening socket on the loopback address, on `port` or, for 0, any free port; raises PortInUse."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PortInUse(
            f"Port {port} cannot be listened on ({error.strerror}).\n"
            "  Stop the program that uses it, or name another port (0: a free one)."
        ) from error
    return listener


class Server:
    """The layers over moto, from the outermost.

    Authentication, faults, network, IAM, S3, EventBridge, executions, Lambda, DynamoDB.
    """

    def __init__(self, listener: socket.socket, folder: Path, account: str, watch: Callable[[int], object]) -> None:
        self.port: int = listener.getsockname()[1]
        self.endpoint_url = f"http://{HOST}:{self.port}"
        self.keys = AccessKeys()
        self._folder = folder
        self._watch = watch
        self._runtime = make_runtime_folder(folder / "runtime")
        self._packages = Packages(folder / "packages")
        self._wire = Wire(lambda request: self._layers(request))
        self._logs = LogShipper(self._wire)
        self._bus = EventBus(self._wire)
        self._processes = Processes(watch)
        self._pool = Pool(self._start_sandbox)
        self._sandboxes = WeakValueDictionary[str, Sandbox]()  # by access key, while the pool holds them
        moto = control_plane(account, self.port, self.keys.interpreter.secret_key)
        self._layers = self._compose(dynamodb_in_turn(self.keys.remembered(moto)), account)
        # Requests between AWS services are sent to self._layers and so bypass the five layers that follow.
        faults = StandingFaults()
        self._network = Network(self._layers, self._wire, faults)
        self._aurora = AuroraEndpoint(self._network)
        self._writer = AuroraWriter(self._aurora)
        self._edge = authenticated(Faults(self._writer, self._sandboxes.get, faults), self.keys)
        self._http = make_server(
            HOST,
            self.port,
            Request.application(self._answer),
            threaded=True,
            request_handler=request_handler(),
            fd=listener.fileno(),
        )
        listener.close()

    def start(self) -> None:
        """Starts to answer requests, in a thread."""
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def reach_aurora_at(self, address: str) -> None:
        """Makes RDS report this host and port as the endpoint of its clusters."""
        self._aurora.address = address

    def restart_aurora_by(self, restart: Callable[[], None]) -> None:
        """Sets the function that restarts PostgreSQL when RDS restarts a cluster's writer."""
        self._writer.restart = restart

    def stop(self) -> None:
        """Stops the HTTP server, event delivery and all function processes."""
        self._http.shutdown()
        self._bus.stop()
        self._pool.stop()
        self._packages.close()
        self._processes.stop()
        self._logs.stop()

    def warm_up(self) -> None:
        """Sends moto one request per service in a thread, because the first is slow (Step Functions: 2 s)."""
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()

    def _warm_up(self) -> None:
        self._wire.send("s3", "us-east-1", "GET", "/")
        self._wire.call("dynamodb", "us-east-1", "DynamoDB_20120810.ListTables", {})
        self._wire.call("events", "us-east-1", "AWSEvents.ListRules", {})
        self._wire.call("states", "us-east-1", "AWSStepFunctions.ListStateMachines", {})
        self._wire.send("lambda", "us-east-1", "GET", "/2015-03-31/functions")
        self._wire.query("iam", "ListRoles", {})
        self._wire.query("sts", "GetCallerIdentity", {})
        gc.freeze()  # loaded modules stay for the whole process
        gc.set_threshold(10_000)
        gc.enable()

    def _compose(self, innermost: Handler, account: str) -> Handler:
        iam = Iam(self._wire, account)
        concurrency = ReservedConcurrency(innermost)
        deployments = Deployments(concurrency, self._wire, self._packages, self._pool)
        invocations = Invocations(deployments, deployments, concurrency, self._pool, iam.roles)
        executions = named_executions(request_ids(invocations))
        events = event_bridge(executions, account, self._bus.take)
        objects = ObjectEvents(events, self._wire, account, self._bus.take)
        return execution_errors(refusals_answered(iam.before(objects)))

    def _answer(self, request: Request) -> Response:
        begun = time.monotonic()
        if not named_in(request.host):
            return Response(f"The Host header names {request.host[:100]!r}; this is {self.endpoint_url}.\n", 421)
        if is_sent_by_a_page(request.headers):
            return Response("The embedded AWS answers no web page.\n", 403)
        try:
            answer = self._edge(request)
        except Exception:
            # The outermost handler: an exception inside fails only this request, as in any AWS service.
            _log.exception("%s %s broke", request.method, request.full_path)
            answer = json_error("InternalFailure", "The embedded AWS broke on this request; its log says where.", 500)
        milliseconds = (time.monotonic() - begun) * 1000
        target = request.headers.get("X-Amz-Target", "")
        _log.info("%d %s %s %s %.1f ms", answer.status_code, request.method, request.full_path, target, milliseconds)
        return answer

    def _start_sandbox(self, spec: FunctionSpec) -> Sandbox:
        credentials = self._wire.assume_role(spec.role, spec.name, spec.region, service="lambda", source=spec.arn)
        log = LogStream(self._logs, spec.log_group, stream_name(spec.version), spec.region, credentials)
        places = Places(
            task=self._packages.unzipped(spec.package),
            layers=self._packages.unzipped(*spec.layers),
            runtime=self._runtime,
            temporary=Path(mkdtemp(prefix="tmp-", dir=self._folder)),
        )

        def started(pid: int) -> None:
            self._watch(pid)
            self._network.joined(pid, spec)

        sandbox = Sandbox(spec, Ground(self._processes, places, log, self.endpoint_url, started))
        self._sandboxes[credentials.access_key] = sandbox
        return sandbox
