"""Changes to moto's interpreter of state machines, one function for each.

moto took the interpreter from LocalStack, without its conversion of tasks and its evaluator for JSONata.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from local_aws.step_functions.queries import QueryError, query, split_reference
from local_aws.step_functions.single_state import TERMINAL
from local_aws.step_functions.values import from_response, matches, moment_of, to_request

_CACHED = 1_024
"""The number of operations whose models are kept."""


def patch_interpreter() -> None:
    """Make all changes."""
    convert_tasks()
    separate_query_languages()
    answer_unread_definitions()
    compare_as_aws()
    read_strings_as_json()
    evaluate_queries()
    end_at_runtime_errors()
    assign_after_output()
    fail_maps()


def convert_tasks() -> None:
    """Convert parameters and outputs of tasks by the models of AWS's services, and name errors of AWS SDK tasks.

    moto leaves out that conversion: names that Step Functions writes otherwise than the service fail, a text of S3 or
    an object in a text cannot be sent, and times or a body in an output break DescribeExecution.
    """
    import boto3
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service,
        state_task_service_aws_sdk,
        state_task_service_dynamodb,
        state_task_service_events,
        state_task_service_sqs,
    )

    service: Any = state_task_service.StateTaskService
    sdk: Any = state_task_service_aws_sdk.StateTaskServiceAwsSdk
    failed_entries: Any = state_task_service_events.SfnFailedEntryCountException
    texts: Any = state_task_service_sqs
    tables: Any = state_task_service_dynamodb.StateTaskServiceDynamoDB
    call, describe = sdk._eval_service_task, tables._error_cause_from_client_error

    @lru_cache(_CACHED)
    def model_of(name: str, action: str) -> Any:
        client: Any = cast(Any, boto3.client)(name, region_name="us-east-1")
        return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[action])

    def model_for(task: Any, name: str | None, action: str | None) -> Any:
        return model_of(task._get_boto_service_name(name), task._get_boto_service_action(action))

    def convert_parameters(
        self: Any, parameters: Any, boto_service_name: str | None = None, service_action_name: str | None = None
    ) -> None:
        shape = model_for(self, boto_service_name, service_action_name).input_shape
        given = to_request(dict(parameters), shape)
        parameters.clear()
        parameters.update(given)

    def convert_response(
        self: Any, response: Any, boto_service_name: str | None = None, service_action_name: str | None = None
    ) -> None:
        shape = model_for(self, boto_service_name, service_action_name).output_shape
        if isinstance(response, dict) and shape is not None:
            given = from_response(dict(response), shape)
            response.clear()
            response.update(given)

    def call_without_metadata(self: Any, env: Any, **how: Any) -> None:
        call(self, env=env, **how)
        for field in ("SdkHttpMetadata", "SdkResponseMetadata"):
            env.stack[-1].pop(field, None)

    def begin_with_json(self: Any, cause: Any) -> None:
        told = {"Entries": cause.get("Entries"), "FailedEntryCount": cause.get("FailedEntryCount")}
        self.cause = json.dumps(told, separators=(",", ":"), sort_keys=True)

    def error_and_cause(client_error: Any) -> tuple[str, str]:
        error, cause = describe(client_error)
        return ("DynamoDB.AmazonDynamoDBException" if error == "DynamoDB.ValidationException" else error), cause

    tables._error_cause_from_client_error = staticmethod(error_and_cause)
    service._normalise_parameters = convert_parameters
    service._normalise_response = convert_response
    sdk._eval_service_task = call_without_metadata
    sdk._normalise_service_error_name = staticmethod(name_of_sdk_service)
    failed_entries.__init__ = begin_with_json
    texts.to_json_str = lambda value: json.dumps(value, separators=(",", ":"))


def name_of_sdk_service(name: str) -> str:
    """Return the name of a service in the errors of AWS SDK tasks, such as `DynamoDb`: the Java SDK's, as of `Sqs`."""
    known = {"dynamodb": "DynamoDb", "eventbridge": "EventBridge", "secretsmanager": "SecretsManager"}
    return known.get(name.lower(), name[:1].upper() + name[1:])


def separate_query_languages() -> None:
    """Keep the query language of a definition while it is parsed, for that definition alone.

    moto keeps it for all of them: one that is refused half-way decides on the language of each later one, and two that
    are parsed at once fail. It also refuses JSONPath inside of a Map in JSONata, which AWS takes.
    """
    from moto.stepfunctions.parser.asl.component.common.query_language import QueryLanguage, QueryLanguageMode
    from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

    kind: Any = Preprocessor
    open_scope = kind._open_query_language_scope

    def begin(self: Any) -> None:
        self._query_language_per_scope = []

    def open_any_scope(self: Any, tree: Any) -> None:
        try:
            open_scope(self, tree)
        except ValueError:  # JSONPath, under JSONata
            self._query_language_per_scope.append(QueryLanguage(QueryLanguageMode.JSONPath))

    kind.__init__ = begin
    kind._open_query_language_scope = open_any_scope


def answer_unread_definitions() -> None:
    """Answer a definition that moto cannot read with InvalidDefinition: moto raises an error that becomes a 500."""
    from moto.core.exceptions import AWSError
    from moto.stepfunctions.parser import models

    class InvalidDefinition(AWSError):
        TYPE = "InvalidDefinition"

    module: Any = models
    module.InvalidDefinition = InvalidDefinition


def compare_as_aws() -> None:
    """Have Choice compare timestamps as moments and match `\\*` in StringMatches, and Wait take any offset.

    moto takes timestamps in UTC without fractions alone, waits in local time, and fails without a name where no rule
    holds and there is no Default.
    """
    from moto.stepfunctions.parser.api import HistoryEventType
    from moto.stepfunctions.parser.asl.component.common.error_name import failure_event as failures
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
    from moto.stepfunctions.parser.asl.component.state.choice import state_choice
    from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations import (
        is_operator,
        string_operators,
    )
    from moto.stepfunctions.parser.asl.component.state.wait.wait_function import timestamp as wait

    operators, texts, waits, choices = (
        cast(Any, module) for module in (is_operator, string_operators, wait, state_choice)
    )
    choose = choices.StateChoice._eval_state

    def local_moment_of(timestamp: str) -> datetime | None:
        moment = moment_of(timestamp)
        return moment and moment.astimezone().replace(tzinfo=None)  # moto counts from the local time

    def choose_or_fail(self: Any, env: Any) -> None:
        try:
            choose(self, env)
        except RuntimeError as error:
            if not str(error.args[0]).startswith("No branching option"):
                raise
            name = StatesErrorName(typ=StatesErrorNameType.StatesNoChoiceMatched)
            details: Any = {"executionFailedEventDetails": {"error": name.error_name}}
            raise failures.FailureEventException(
                failures.FailureEvent(env, name, HistoryEventType.ExecutionFailed, details)
            ) from error

    operators.IsTimestamp.string_to_timestamp = staticmethod(moment_of)
    texts.StringMatches._compare = staticmethod(matches)
    waits.Timestamp._from_timestamp_string = staticmethod(local_moment_of)
    choices.StateChoice._eval_state = choose_or_fail


def read_strings_as_json() -> None:
    """Read each string of a definition as JSON, but for paths, which have escapes of their own: moto keeps the \\."""
    from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

    read = Preprocessor._inner_string_of

    def read_as_json(parser_rule_context: Any) -> Any:
        text = read(parser_rule_context)
        is_escaped = text is not None and "\\" in text and not text.startswith("$")
        return json.loads(f'"{text}"') if is_escaped else text

    Preprocessor._inner_string_of = staticmethod(read_as_json)  # type: ignore[method-assign]


def evaluate_queries() -> None:
    """Evaluate JSONata by jsonata-python and variables by JSONPath: moto has no evaluator, and fails on both."""
    from moto.stepfunctions.parser.api import HistoryEventType
    from moto.stepfunctions.parser.asl.component.common.error_name import failure_event as failures
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
    from moto.stepfunctions.parser.asl.component.common.string import string_expression as strings
    from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
    from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
    from moto.stepfunctions.parser.asl.eval.variable_store import NoSuchVariable
    from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor
    from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError, extract_json

    parser, state, execution, failure = (
        cast(Any, kind) for kind in (Preprocessor, CommonStateField, ExecutionState, failures.FailureEventException)
    )
    read, run, describe, from_error = (
        parser.visitString_jsonata,
        state._eval_body,
        failure.get_execution_failed_event_details,
        execution._from_error,
    )

    def read_with_field(self: Any, ctx: Any) -> Any:
        expression = read(self, ctx)
        expression.field = _field_of(ctx)
        return expression

    def evaluate_jsonata(self: Any, env: Any) -> None:
        scope = env.variable_store
        variables = {**scope._outer_scope, **scope._inner_scope, "states": env.states._states_data}
        try:
            env.stack.append(query(self.expression, self.field, variables))
        except QueryError as error:
            name, entered = env.next_state_name, env.event_history_context.source_event_id
            place = f"An error occurred while executing the state '{name}' (entered at the event id #{entered})."
            kind = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
            details = {"error": kind.error_name, "cause": f"{place} {error}", "location": self.field, "state": name}
            told: Any = {"evaluationFailedEventDetails": details}
            raise failures.FailureEventException(
                failures.FailureEvent(env, kind, HistoryEventType.EvaluationFailed, told)
            ) from error

    def evaluate_variable(self: Any, env: Any) -> None:
        name, path = split_reference(self.expression)
        try:
            env.stack.append(extract_json(path, env.variable_store.get(name)))
        except NoSuchVariable as missing:
            raise NoSuchJsonPathError(self.expression, env.states.get_input()) from missing

    def run_and_record(self: Any, env: Any) -> None:
        try:
            run(self, env)
        except failures.FailureEventException as error:
            event = error.failure_event
            if event.event_type == HistoryEventType.EvaluationFailed and not getattr(event, "is_recorded", False):
                _record(env, event)
            raise

    def _record(env: Any, event: Any) -> None:
        event.is_recorded = True
        env.event_manager.add_event(env.event_history_context, event.event_type, event.event_details)

    def from_error_that_is_recorded(self: Any, env: Any, ex: Any) -> Any:
        event = from_error(self, env, ex)
        event.is_recorded = True  # by the caller, with its next step
        return event

    def describe_once(self: Any) -> Any:
        """Adds the state to the cause of other failures alone: that of a query has it from the beginning."""
        if self.failure_event.event_type != HistoryEventType.EvaluationFailed:
            return describe(self)
        error, cause = self.extract_error_cause_pair()
        return {"error": error, "cause": cause}

    parser.visitString_jsonata = read_with_field
    strings.StringJSONata._eval_body = evaluate_jsonata  # type: ignore[method-assign]
    strings.StringVariableSample._eval_body = evaluate_variable  # type: ignore[method-assign]
    state._eval_body = run_and_record
    execution._from_error = from_error_that_is_recorded
    failure.get_execution_failed_event_details = describe_once
    failure.get_evaluation_failed_event_details = lambda self: self.failure_event.event_details[
        "evaluationFailedEventDetails"
    ]


def end_at_runtime_errors() -> None:
    """End the execution at a runtime error, such as a path that is not there: no Retry and no Catch has a say in it.

    moto gives it to a Catch of States.ALL, and raises an error of its own where a Map, a Parallel or a Fail state
    passes on any error of States, such as States.Timeout.
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    from moto.stepfunctions.parser.api import HistoryEventType
    from moto.stepfunctions.parser.asl.component.common.error_name import failure_event as failures
    from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
    from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState

    execution, custom = cast(Any, ExecutionState), cast(Any, CustomErrorName)
    from_error = execution._from_error

    def from_error_unless_terminal(self: Any, env: Any, ex: Any) -> Any:
        event = from_error(self, env, ex)
        if event.error_name is None or event.error_name.error_name not in TERMINAL:
            return event
        if event.event_type == HistoryEventType.ExecutionFailed:
            raise ex
        (told,) = event.event_details.values()
        details: Any = {"executionFailedEventDetails": {"error": told.get("error"), "cause": told.get("cause")}}
        ended = failures.FailureEvent(env, event.error_name, HistoryEventType.ExecutionFailed, details)
        raise failures.FailureEventException(ended) from ex

    execution._from_error = from_error_unless_terminal
    custom.__init__ = ErrorName.__init__


def _field_of(ctx: Any) -> str:
    """Return the path from the state to the string of a parsed definition, as in `Catch[0]/Output/error`."""
    from moto.stepfunctions.parser.asl.antlr.runtime.ASLParser import ASLParser

    path = ""
    while ctx.parentCtx is not None and not isinstance(ctx.parentCtx, ASLParser.State_declContext):
        child, ctx = ctx, ctx.parentCtx
        texts = [each.getText() for each in ctx.children]
        before = texts[: ctx.children.index(child)]
        if "[" in before:
            path = f"[{before[before.index('[') :].count(',')}]{path}"
        if before[1:2] == [":"]:
            path = "/" + before[0].strip('"') + path
    return path.removeprefix("/")


def assign_after_output() -> None:
    """Give variables their values when the state has its output: until then, queries see the values before it."""
    from moto.stepfunctions.parser.asl.component.common.assign.assign_decl import AssignDecl
    from moto.stepfunctions.parser.asl.component.state.state import CommonStateField

    declaration, state = cast(Any, AssignDecl), cast(Any, CommonStateField)
    describe_exit = state._get_state_exited_event_details

    def evaluate(self: Any, env: Any) -> None:
        values: dict[str, Any] = {}
        for binding in self.declaration_bindings:
            binding.eval(env=env)
            values |= env.stack.pop()
        env.variable_store.awaited = values

    def assign_and_describe(self: Any, env: Any) -> Any:
        for name, value in env.variable_store.__dict__.pop("awaited", {}).items():
            env.variable_store.set(variable_identifier=name, variable_value=value)
        return describe_exit(self, env)

    declaration._eval_body = evaluate
    state._get_state_exited_event_details = assign_and_describe


def fail_maps() -> None:
    """Fail a distributed Map that cannot read its items, or of which more failed than it tolerates.

    moto's fails without a name where it cannot read, and succeeds whatever fails in it.
    """
    from botocore.exceptions import ClientError
    from moto.stepfunctions.parser.api import HistoryEventType
    from moto.stepfunctions.parser.asl.component.common.error_name import failure_event as failures
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
    from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader import item_reader_decl
    from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import distributed_iteration_component

    reader: Any = item_reader_decl.ItemReader
    component: Any = distributed_iteration_component.DistributedIterationComponent
    read, run = reader._eval_body, component._map_run

    def failure(env: Any, kind: StatesErrorNameType, cause: str) -> failures.FailureEventException:
        name = StatesErrorName(typ=kind)
        details: Any = {"mapRunFailedEventDetails": {"error": name.error_name, "cause": cause}}
        return failures.FailureEventException(failures.FailureEvent(env, name, HistoryEventType.MapRunFailed, details))

    def read_or_fail(self: Any, env: Any) -> None:
        try:
            read(self, env)
        except ClientError as error:
            cause = error.response["Error"]["Message"]
            raise failure(env, StatesErrorNameType.StatesItemReaderFailed, cause) from error

    def run_and_count(self: Any, env: Any, eval_input: Any) -> None:
        run(self, env, eval_input)
        record = eval_input.map_run_record
        failed, total = record.item_counter.failed.get(), record.item_counter.total.get()
        most, percentage = record.tolerated_failure_count, record.tolerated_failure_percentage
        is_above_count = failed > most and (most or not percentage)
        if is_above_count or (percentage and failed / max(total, 1) * 100 > percentage):
            cause = "The specified tolerated failure threshold was exceeded"
            raise failure(env, StatesErrorNameType.StatesExceedToleratedFailureThreshold, cause)

    reader._eval_body = read_or_fail
    component._map_run = run_and_count
