"""Changes to moto and botocore other than those to the language of state machines, one function for each.

No issue of moto or botocore is known for any of them, but for LocalStack's where one is named:
moto's Step Functions interpreter was taken from LocalStack.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

INTERPRETER_KEY = "ak"
"""The access key with which moto's Step Functions interpreter signs its requests; each session has its own secret."""
_CACHED = 1_024
"""The size of each cache: definitions, JSONPaths or clients."""

_WHOLE_PERCENTAGE = re.compile(r'("ToleratedFailurePercentage"\s*:\s*\d+)(?=\s*[,}])')
"""moto's grammar wants a fraction there."""


def share_models() -> None:
    """Have all clients and all services of moto share the models that one has read; each would list 400 folders.

    Without it the embedded AWS takes 0.9 s of CPU more to start and to answer eleven services, of 2.3 (2 cores, Python
    3.11, 2026-11-28).
    """
    import botocore.session
    from moto.core import utils

    users: tuple[Any, ...] = (botocore.session, utils)
    for user in users:
        user.create_loader = cache(user.create_loader)


def leave_out_offerings() -> None:
    """Have EC2 offer no instance types: moto reads where each is offered, 46 MB, and Lambda needs no instances.

    With it the embedded AWS takes 0.15 s of CPU more to start (2 cores, Python 3.11, 2026-11-28).
    """
    from moto.utilities import utils

    module: Any = utils
    load = module.load_resource
    module.load_resource = lambda path: [] if "instance_type_offerings" in path else load(path)
    import_module("moto.ec2.models.instance_types")  # the only module that reads them, while it is imported
    module.load_resource = load


def run_state_machines() -> None:
    """Execute state machines, which moto does by its other, simulated backend only if told so per process."""
    from moto.core.config import default_user_config

    default_user_config["stepfunctions"] = {"execute_state_machine": True}


def give_start_time_as_text() -> None:
    """Make $$.Execution.StartTime text, as on AWS; moto's datetime breaks an execution that has it in its output.

    LocalStack had the same fault: https://github.com/localstack/localstack/issues/9695
    """
    from moto.stepfunctions.parser.backend import execution_worker

    worker: Any = execution_worker
    told = worker.ExecutionData

    def as_text(*, StartTime: datetime, **more: Any) -> Any:  # noqa: N803  # the name in the context object
        return told(StartTime=StartTime.isoformat(timespec="milliseconds").replace("+00:00", "Z"), **more)

    worker.ExecutionData = as_text


def begin_executions_as_running() -> None:
    """Give a new execution the status RUNNING: moto lists it before it has one, and fails on that with a 500."""
    from moto.stepfunctions.parser.api import ExecutionStatus
    from moto.stepfunctions.parser.backend.execution import Execution

    kind: Any = Execution
    begin = kind.__init__

    def begin_as_running(self: Any, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        self.exec_status = ExecutionStatus.RUNNING

    kind.__init__ = begin_as_running


def manage_keys_of_services() -> None:
    """Say of a key whose alias begins with alias/aws/ that AWS manages it, as moto says of the owner's keys alone."""
    from moto.kms.models import KmsBackend

    backend: Any = KmsBackend
    create = backend.create_alias

    def create_alias(self: Any, target_key_id: str, alias_name: str) -> Any:
        if alias_name.startswith("alias/aws/"):
            self.keys[self.get_key_id(target_key_id)].key_manager = "AWS"
        return create(self, target_key_id, alias_name)

    backend.create_alias = create_alias


def report_ends_of_executions() -> None:
    """Make each execution's output JSON, texts and null too, and set its status last.

    moto gives a text as it is and null not at all; who sees its SUCCEEDED may find no output yet.
    """
    from moto.stepfunctions.parser.api import ExecutionStatus
    from moto.stepfunctions.parser.asl.eval import program_state as ends
    from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
    from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication

    statuses: dict[Any, ExecutionStatus] = {
        ends.ProgramEnded: ExecutionStatus.SUCCEEDED,
        ends.ProgramStopped: ExecutionStatus.ABORTED,
        ends.ProgramError: ExecutionStatus.FAILED,
        ends.ProgramTimedOut: ExecutionStatus.TIMED_OUT,
    }

    def report(self: Any) -> None:
        execution, env = self.execution, self.execution.exec_worker.env
        end = env.program_state()
        execution.stop_date = datetime.now(tz=UTC)
        if isinstance(end, ends.ProgramEnded):
            execution.output = to_json_str(env.states.get_input(), separators=(",", ":"))
        if isinstance(end, ends.ProgramError) and end.error:
            execution.error, execution.cause = end.error.get("error"), end.error.get("cause")
        execution.exec_status = statuses[type(end)]

    kind: Any = BaseExecutionWorkerCommunication
    kind._reflect_execution_status = report


def sign_as_interpreter(secret: str) -> None:
    """Have the interpreter sign its requests with `secret`; moto's own, "sk", is known to everybody."""
    import boto3
    from moto.stepfunctions.parser.asl.utils import boto_client

    module: Any = boto_client

    def client(**settings: Any) -> Any:
        made = boto3.client(**{**settings, "aws_secret_access_key": secret})
        made.meta.events.register("after-call", _add_metadata)
        return made

    module.boto3 = SimpleNamespace(client=client)


def add_request_ids() -> None:
    """Keep the fields with the request id in the output of a lambda:invoke task, as on AWS; moto drops them."""
    from moto.stepfunctions.parser.api import InvocationResponse
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

    class WithMetadata(InvocationResponse, total=False):
        SdkHttpMetadata: dict[str, Any]
        SdkResponseMetadata: dict[str, Any]

    module: Any = lambda_eval_utils
    module.InvocationResponse = WithMetadata


def _add_metadata(parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """Add to the interpreter's answer the fields with the request id that outputs of tasks have."""
    told = parsed["ResponseMetadata"]
    if told["HTTPStatusCode"] >= 300 or model.name.startswith("Describe"):
        return
    request_id = told["RequestId"]
    headers = {"Content-Type": told["HTTPHeaders"].get("content-type", ""), "x-amzn-RequestId": request_id}
    parsed["SdkHttpMetadata"] = {
        "AllHttpHeaders": {name: [value] for name, value in headers.items()},
        "HttpHeaders": headers,
        "HttpStatusCode": 200,
    }
    parsed["SdkResponseMetadata"] = {"RequestId": request_id}


def name_denied_calls() -> None:
    """Name the error of a refused Lambda call as on AWS: denied by IAM, or of a task that names the function itself."""
    from botocore.exceptions import ClientError
    from moto.stepfunctions.parser.api import HistoryEventType, LambdaFunctionFailedEventDetails
    from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_lambda
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda

    kind: Any = state_task_service_lambda.StateTaskServiceLambda
    told = kind._error_cause_from_client_error

    def error_and_cause(client_error: Any) -> tuple[str, str]:
        error, cause = told(client_error)
        return ("Lambda.AWSLambdaException" if error == "Lambda.AccessDeniedException" else error), cause

    kind._error_cause_from_client_error = staticmethod(error_and_cause)
    own: Any = StateTaskLambda
    failure_of = own._from_error

    def failure(self: Any, env: Any, ex: Exception) -> Any:
        if not isinstance(ex, ClientError):
            return failure_of(self, env, ex)
        error, cause = error_and_cause(ex)
        failed = LambdaFunctionFailedEventDetails(error=error, cause=cause)
        details: Any = {"lambdaFunctionFailedEventDetails": failed}
        return FailureEvent(env, CustomErrorName(error), HistoryEventType.LambdaFunctionFailed, details)

    own._from_error = failure


def leave_bucket_policies_to_us() -> None:
    """Have local_aws/iam alone judge by bucket policies: moto takes a statement's conditions for true."""
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    bucket: Any = FakeBucket
    bucket.get_permission = lambda self, action, resource: PermissionResult.NEUTRAL


def filter_log_events() -> None:
    """Have local_aws/log_filters judge by filter patterns: to moto most of them match every message."""
    from moto.logs import exceptions, models

    from local_aws.log_filters import filter_of

    def message_filter(pattern: str | None) -> SimpleNamespace:
        try:
            return SimpleNamespace(matches=filter_of(pattern or ""))
        except ValueError as error:
            raise exceptions.InvalidParameterException(msg=str(error)) from error

    logs: Any = models
    logs.EventMessageFilter = message_filter


def find_backends_once(dispatcher: Any) -> None:
    """Keep each host's backend: moto lists its own folder to find it, under a lock that all requests share.

    Without it an acceptance takes 5 s of CPU more, 19 % (2 cores, Python 3.11, 2026-11-28).
    """
    dispatcher.get_backend_for_host = lru_cache(_CACHED)(dispatcher.get_backend_for_host)


def keep_parsed() -> None:
    """Keep parsed state machine definitions and JSONPaths, and the Lambda client that each task would create.

    Without it an acceptance takes 1.8 s of CPU more, 6 to 8 % (2 cores, Python 3.11, 2026-11-28).
    """
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
    from moto.stepfunctions.parser.asl.parse import asl_parser
    from moto.stepfunctions.parser.asl.utils import json_path

    parsers: Any = asl_parser
    read = parsers.AmazonStateLanguageParser.parse

    @lru_cache(_CACHED)
    def tree_of(definition: str) -> Any:
        return read(_WHOLE_PERCENTAGE.sub(r"\1.0", definition))[1]

    def parse(definition: str) -> tuple[Any, Any]:
        """Shares the tree, which is only read; builds a program from it for each execution."""
        tree = tree_of(definition)
        return parsers.Preprocessor().visit(tree), tree

    parsers.AmazonStateLanguageParser.parse = staticmethod(parse)

    paths: Any = json_path
    tasks: Any = lambda_eval_utils
    paths.parse = lru_cache(_CACHED)(paths.parse)
    client_of = lru_cache(_CACHED)(tasks.boto_client_for)
    tasks.boto_client_for = lambda region, service, state_credentials: client_of(region, service)


def take_policies_without_version() -> None:
    """Take inline policies without a Version, as IAM does; those of SAM's policy templates have none."""
    from moto.iam.policy_validation import IAMPolicyDocumentValidator

    validate = IAMPolicyDocumentValidator._validate_version

    def validate_given(self: Any) -> None:
        if "Version" in self._policy_json:
            validate(self)

    IAMPolicyDocumentValidator._validate_version = validate_given  # type: ignore[method-assign]


def add_zones_of_the_sovereign_cloud() -> None:
    """Give the region of aws-eusc its availability zones, without which it takes no subnet."""
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend, Zone

    region = "eusc-de-east-1"
    zones = [Zone(f"{region}{letter}", region, f"eusc-dee1-az{n}") for n, letter in enumerate("ab", 1)]
    RegionsAndZonesBackend.zones.setdefault(region, zones)
