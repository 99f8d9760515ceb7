"""Delivers one event to one target: tries again, and sends it to the target's dead-letter queue in the end.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from time import monotonic

from local_aws.eventbridge.inputs import target_input
from local_aws.eventbridge.targets import Delivery, Targets
from local_aws.internal_client import CallFailed

_RETRY_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""AWS tries 185 times within a day; here a target that goes on failing has failed after some seconds."""
_MAX_AGE_SECONDS = 86_400
_CODES = (
    ("FAILED_TO_ASSUME_ROLE", r"sts:AssumeRole.*"),
    ("NO_PERMISSIONS", r".* AccessDenied.*"),
    ("NO_RESOURCE", r".* (.*(DoesNotExist|NotFound|NonExistentQueue).*)"),
    ("THROTTLING", r".* (.*(Throttl|TooManyRequests).*)"),
    ("INVALID_JSON", r"delivery InvalidInput"),
    ("THIRD_ACCOUNT_HOP_DETECTED", r".* ThirdHop"),
    ("INTERNAL_ERROR", r".* (ServiceException|InternalFailure|InternalServerError|ServiceUnavailable.*)"),
)
"""The codes in dead-letter messages, each with the operations and errors that it stands for."""
_log = logging.getLogger(__name__)


def deliver(targets: Targets, delivery: Delivery, wait: Callable[[float], bool]) -> None:
    """Deliver; `wait` waits for so many seconds, and returns True when no more is to be delivered."""
    policy = delivery.target.get("RetryPolicy", {})
    oldest = delivery.arrival.at + policy.get("MaximumEventAgeInSeconds", _MAX_AGE_SECONDS)
    pauses = _RETRY_SECONDS[: policy.get("MaximumRetryAttempts", len(_RETRY_SECONDS))]
    for retries, pause in enumerate((*pauses, None)):
        try:
            targets.send(delivery, target_input(delivery.target, delivery.arrival.event, dict(delivery.rule)))
            return
        except CallFailed as failure:
            exhausted = ""
            if failure.status == 429 or failure.status >= 500 or "Throttl" in failure.code:
                exhausted = "MaximumRetryAttempts" if pause is None else ""
                if monotonic() > oldest:
                    exhausted = "MaximumEventAgeInSeconds"
                if not exhausted and pause is not None and not wait(pause):
                    continue
            _give_up(targets, delivery, failure, retries, exhausted)
            return


def _give_up(targets: Targets, delivery: Delivery, failure: CallFailed, retries: int, exhausted: str) -> None:
    rule = delivery.rule
    _log.error("FailedInvocations: rule %s, target %s: %s", rule["Name"], delivery.arn, failure)
    queue = delivery.target.get("DeadLetterConfig", {}).get("Arn")
    if not queue:
        return
    told = {
        "RULE_ARN": rule["Arn"],
        "TARGET_ARN": delivery.arn,
        "ERROR_CODE": _code_of(failure),
        "ERROR_MESSAGE": failure.message,
        "EXHAUSTED_RETRY_CONDITION": exhausted,
        "RETRY_ATTEMPTS": str(retries),
    }
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items() if value}
    try:
        targets.send_message(delivery, queue, json.dumps(delivery.arrival.event), MessageAttributes=attributes)
    except CallFailed as refused:
        _log.error("InvocationsFailedToBeSentToDlq: rule %s, queue %s: %s", rule["Name"], queue, refused)


def _code_of(failure: CallFailed) -> str:
    said = f"{failure.operation} {failure.code}"
    return next((code for code, pattern in _CODES if re.fullmatch(pattern, said)), "SDK_CLIENT_ERROR")
