"""Asynchronous invocations: tried again when they fail, and told to the function's destinations when they end.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from local_aws.errors import Refused
from local_aws.internal_client import CallFailed, Wire
from local_aws.lambda_.outcome import Outcome
from local_aws.lambda_.sandbox import Invocation
from local_aws.lambda_.spec import FunctionSpec

_RETRY_SECONDS = (1.0, 2.0)
"""The pauses before another try after an error of the function; on AWS they are one minute and two."""
_THROTTLED_SECONDS = 0.5
_OLDEST_SECONDS = 30.0
"""The time for which a throttled invocation is tried again; on AWS it is six hours unless the function says less."""
Attributes = Mapping[str, tuple[str, str]]
"""The attributes of a message: type and value by name."""
_NONE: Attributes = {}
_log = logging.getLogger(__name__)


class Asynchronous:
    """Runs invocations in threads of their own; `run` runs one once, and raises Refused if it is not admitted."""

    def __init__(self, wire: Wire, run: Callable[[FunctionSpec, Invocation], Outcome]) -> None:
        self._wire = wire
        self._run = run

    def begin(self, spec: FunctionSpec, invocation: Invocation) -> None:
        """Starts an invocation and returns at once."""
        threading.Thread(target=self._finish, args=(spec, invocation), daemon=True).start()

    def _finish(self, spec: FunctionSpec, invocation: Invocation) -> None:
        path = f"/2019-09-25/functions/{spec.name}/event-invoke-config"
        found = self._wire.send("lambda", spec.region, "GET", path)
        settings: dict[str, Any] = json.loads(found.get_data()) if found.status_code == 200 else {}
        pauses = iter(_RETRY_SECONDS[: settings.get("MaximumRetryAttempts", len(_RETRY_SECONDS))])
        oldest = time.monotonic() + min(_OLDEST_SECONDS, settings.get("MaximumEventAgeInSeconds", _OLDEST_SECONDS))
        tries, outcome, condition = 0, None, ""
        while not condition:
            try:
                outcome, tries = self._run(spec, invocation), tries + 1
                pause = None if outcome.error is None else next(pauses, None)
                condition = "" if pause else "RetriesExhausted" if outcome.error else "Success"
            except Refused as refused:
                _log.warning("an asynchronous invocation of %s is not admitted: %s", spec.name, refused)
                pause, is_throttled = _THROTTLED_SECONDS, refused.answer.status_code == 429
                condition = "" if is_throttled and time.monotonic() < oldest else "EventAgeExceeded"
            if not condition and pause:
                time.sleep(pause)
        if condition != "Success":
            self._bury(spec, invocation, outcome)
        kind = "OnSuccess" if condition == "Success" else "OnFailure"
        if destination := settings.get("DestinationConfig", {}).get(kind, {}).get("Destination"):
            self._tell(destination, spec, _make_record(spec, invocation, condition, tries, outcome))

    def _tell(self, destination: str, spec: FunctionSpec, record: dict[str, Any]) -> None:
        service, region = destination.split(":")[2:4]
        try:
            _DESTINATIONS[service](self._wire, region, destination, record, self._key(spec))
        except (CallFailed, KeyError) as failure:
            _log.error("DestinationDeliveryFailures: %s to %s: %r", spec.name, destination, failure)

    def _bury(self, spec: FunctionSpec, invocation: Invocation, outcome: Outcome | None) -> None:
        """Send the event of a failed invocation to the function's dead-letter queue or topic, if it has one."""
        path, query = f"/2015-03-31/functions/{spec.name}/configuration", {"Qualifier": spec.version}
        configuration = json.loads(self._wire.send("lambda", spec.region, "GET", path, query=query).get_data())
        if not (target := configuration.get("DeadLetterConfig", {}).get("TargetArn")):
            return
        said = json.loads(outcome.payload).get("errorMessage", "") if outcome else "Rate Exceeded."
        attributes = {
            "RequestID": ("String", invocation.request_id),
            "ErrorCode": ("Number", "200" if outcome else "429"),
            "ErrorMessage": ("String", said[:1024]),
        }
        service, region = target.split(":")[2:4]
        try:
            send = _send_to_queue if service == "sqs" else _send_to_topic
            send(self._wire, region, target, json.loads(invocation.event), self._key(spec), attributes)
        except CallFailed as failure:
            _log.error("DeadLetterErrors: %s to %s: %r", spec.name, target, failure)

    def _key(self, spec: FunctionSpec) -> str:
        role = self._wire.assume_role(spec.role, spec.name, spec.region, service="lambda", source=spec.arn)
        return role.access_key


def _make_record(
    spec: FunctionSpec, invocation: Invocation, condition: str, tries: int, outcome: Outcome | None
) -> dict[str, Any]:
    """Returns what a destination receives."""
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": invocation.request_id,
            "functionArn": f"{spec.arn}:{spec.version}",
            "condition": condition,
            "approximateInvokeCount": tries,
        },
        "requestPayload": json.loads(invocation.event),
    }
    if outcome:
        error = {"functionError": "Unhandled"} if outcome.error else {}
        record["responseContext"] = {"statusCode": 200, "executedVersion": spec.version, **error}
        record["responsePayload"] = json.loads(outcome.payload)
    return record


def _send_to_queue(wire: Wire, region: str, arn: str, record: Any, key: str, attributes: Attributes = _NONE) -> None:
    address = wire.call("sqs", region, "AmazonSQS.GetQueueUrl", {"QueueName": arn.rpartition(":")[2]})
    said = {name: {"DataType": kind, "StringValue": value} for name, (kind, value) in attributes.items()}
    message = {**address, "MessageBody": json.dumps(record), "MessageAttributes": said}
    wire.call("sqs", region, "AmazonSQS.SendMessage", message, access_key=key)


def _send_to_topic(wire: Wire, region: str, arn: str, record: Any, key: str, attributes: Attributes = _NONE) -> None:
    message = {"TopicArn": arn, "Message": json.dumps(record)}
    for number, (name, (kind, value)) in enumerate(attributes.items(), start=1):
        entry = f"MessageAttributes.entry.{number}"
        message |= {f"{entry}.Name": name, f"{entry}.Value.DataType": kind, f"{entry}.Value.StringValue": value}
    wire.query("sns", "Publish", message, region=region, access_key=key)


def _send_to_bus(wire: Wire, region: str, arn: str, record: dict[str, Any], key: str) -> None:
    kind = "Success" if record["requestContext"]["condition"] == "Success" else "Failure"
    entry = {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {kind}",
        "Detail": json.dumps(record),
        "Resources": [arn, record["requestContext"]["functionArn"]],
        "EventBusName": arn,
    }
    wire.call("events", region, "AWSEvents.PutEvents", {"Entries": [entry]}, access_key=key)


def _send_to_function(wire: Wire, region: str, arn: str, record: dict[str, Any], key: str) -> None:
    path, headers = f"/2015-03-31/functions/{arn}/invocations", {"X-Amz-Invocation-Type": "Event"}
    body = json.dumps(record).encode()
    answer = wire.send("lambda", region, "POST", path, headers=headers, body=body, access_key=key)
    if answer.status_code >= 400:
        code = answer.headers.get("x-amzn-ErrorType", "InternalFailure")
        raise CallFailed("lambda:Invoke", code, answer.get_data(as_text=True), answer.status_code)


_DESTINATIONS: dict[str, Callable[[Wire, str, str, Any, str], None]] = {
    "sqs": _send_to_queue,
    "sns": _send_to_topic,
    "events": _send_to_bus,
    "lambda": _send_to_function,
}
