"""The embedded AWS: all layers behind one HTTP server on the loopback address."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from weakref import WeakValueDictionary

from werkzeug.serving import make_server
from werkzeug.wrappers import Request

from local_aws.authentication.access_keys import AccessKeys
from local_aws.authentication.verification import Authentication
from local_aws.control_plane import control_plane, request_handler
from local_aws.dynamodb import serialize_dynamodb
from local_aws.edge import log_requests, refuse_pages
from local_aws.errors import answer_refusals
from local_aws.eventbridge.api import EventBridge
from local_aws.eventbridge.bus import EventBus
from local_aws.faults.injection import Faults
from local_aws.faults.standing import StandingFaults
from local_aws.http import Handler, Layer, compose
from local_aws.iam.authorization import Iam
from local_aws.internal_client import Wire
from local_aws.lambda_.aliases import Aliases
from local_aws.lambda_.concurrency import ReservedConcurrency
from local_aws.lambda_.configurations import Configurations
from local_aws.lambda_.dead_letters import DeadLetters
from local_aws.lambda_.deployments import Deployments
from local_aws.lambda_.environment import Places
from local_aws.lambda_.invocations import Invocations
from local_aws.lambda_.logs import LogShipper, LogStream, stream_name
from local_aws.lambda_.names import unify_function_names
from local_aws.lambda_.packages import Packages, PackagesClosed
from local_aws.lambda_.pool import Pool
from local_aws.lambda_.processes import Processes
from local_aws.lambda_.runtime_folder import make_node_runtime_folder, make_runtime_folder
from local_aws.lambda_.sandbox import Ground, Sandbox
from local_aws.lambda_.spec import FunctionSpec
from local_aws.network.admission import Network
from local_aws.rds import Aurora
from local_aws.s3.object_events import ObjectEvents
from local_aws.step_functions.api import StepFunctions

HOST = "127.0.0.1"


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
    """The embedded AWS but for its PostgreSQL; `watch` is called with the id of each process it starts."""

    def __init__(
        self, listener: socket.socket, folder: Path, account: str, region: str, watch: Callable[[int], object]
    ) -> None:
        self.port: int = listener.getsockname()[1]
        self.endpoint_url = f"http://{HOST}:{self.port}"
        self.keys = AccessKeys()
        self.aurora = Aurora()
        self._folder = folder = folder.resolve()  # a function's own paths have no links in them
        self._watch = watch
        self._runtime = make_runtime_folder(folder / "runtime")
        self._node_runtime = make_node_runtime_folder(folder / "runtime-node")
        self._packages = Packages(folder / "packages")
        self._wire = Wire(lambda request: self._inside(request), region)
        self._logs = LogShipper(self._wire)
        self._bus = EventBus(self._wire)
        self._processes = Processes(watch)
        self._pool = Pool(self._start_sandbox)
        self._sandboxes = WeakValueDictionary[str, Sandbox]()  # by access key, while the pool holds them
        faults = StandingFaults()
        self._network = Network(self._wire, faults)
        iam = Iam(self._wire, account)
        concurrency = ReservedConcurrency()
        aliases = Aliases(self._wire)
        deployments = Deployments(self._wire, self._packages, self._pool, self._prepare)

        # A request passes through these layers from the first to the last, and then reaches moto.
        edge: list[Layer] = [
            refuse_pages,  # answers only requests to this host, and no web pages
            log_requests,  # logs requests; answers exceptions of the layers below
            Authentication(self.keys),  # rejects requests without a valid signature
            Faults(self._sandboxes.get, faults),  # fails, delays or holds requests as it is told
            self.aurora,  # RDS: gives the endpoint of PostgreSQL, and restarts it
            self._network,  # decides which function's connections to PostgreSQL may pass
        ]
        services: list[Layer] = [
            answer_refusals,  # turns refusals by the layers below into error responses
            iam,  # authorizes requests by IAM policies; simulates policies
            ObjectEvents(self._wire, account, self._bus.take),  # S3: sends an event for each new object
            EventBridge(account, self._bus, self._wire),  # takes events; rejects invalid patterns and targets
            StepFunctions(self._wire),  # Step Functions: refuses definitions; tests states; names executions
            unify_function_names,  # Lambda: replaces ARNs and partial ARNs in paths by the bare name
            DeadLetters(),  # Lambda: keeps functions' DeadLetterConfig
            Configurations(),  # Lambda: completes configurations by states other than Active
            Invocations(deployments, aliases, concurrency, self._pool, iam.roles),  # Lambda: runs functions
            aliases,  # Lambda: refuses weights
            deployments,  # Lambda: keeps the packages of functions and layers
            concurrency,  # Lambda: keeps reserved concurrency
            serialize_dynamodb,  # DynamoDB: one request at a time
            self.keys.record,  # IAM, STS: learns the keys that they create
        ]
        moto = control_plane(account, self.port, self.keys.interpreter.secret_key)
        self._inside: Handler = compose(services, moto)  # requests of AWS services to each other begin here
        self._http = make_server(
            HOST,
            self.port,
            Request.application(compose([*edge, *services], moto)),
            threaded=True,
            request_handler=request_handler(),
            fd=listener.fileno(),
        )
        listener.close()

    def start(self) -> None:
        """Starts to answer requests, in a thread."""
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Stops the HTTP server, event delivery and all function processes."""
        self._http.shutdown()
        self._bus.stop()
        self._pool.stop()
        self._packages.close()
        self._processes.stop()
        self._logs.stop()

    def _prepare(self, layers: Sequence[str]) -> None:
        """Unzips the layers of a new function and imports their packages while nobody waits for it, in a thread.

        Otherwise the first execution waits for 1 s of CPU more (2 cores, Python 3.11, 2026-11-28).
        """

        def prepare() -> None:
            with suppress(PackagesClosed, OSError):  # an invocation would meet the same error, and tells it
                self._processes.import_ahead(self._packages.unzipped(*layers), self._runtime)

        threading.Thread(target=prepare, name="layers", daemon=True).start()

    def _start_sandbox(self, spec: FunctionSpec) -> Sandbox:
        credentials = self._wire.assume_role(spec.role, spec.name, spec.region, service="lambda", source=spec.arn)
        log = LogStream(self._logs, spec.log_group, stream_name(spec), spec.region, credentials)
        places = Places(
            task=self._packages.unzipped(spec.package),
            layers=self._packages.unzipped(*spec.layers),
            runtime=self._node_runtime if spec.is_node else self._runtime,
            temporary=Path(mkdtemp(prefix="tmp-", dir=self._folder)),
        )

        def started(pid: int) -> None:
            self._watch(pid)
            self._network.joined(pid, spec)

        sandbox = Sandbox(spec, Ground(self._processes, places, log, self.endpoint_url, started))
        self._sandboxes[credentials.access_key] = sandbox
        return sandbox
