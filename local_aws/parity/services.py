"""Ask the embedded AWS the cases of IAM, Step Functions, Lambda and CloudWatch Logs."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from botocore.exceptions import ClientError

from local_aws.parity.account import Account, policy, refusal_of, unique, wait_for
from local_aws.parity.cases import Case

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MASKS = (
    (_UUID, "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "<time>"),
    (re.compile(r"(Duration: |Max Memory Used: |(?:Ms|UsedMB)\": )[\d.]+"), r"\1<n>"),
    (re.compile(r"^\d{4}-\S+ <uuid> "), ""),
)
_OF_NODE = re.compile(r"/var/runtime/|node:internal/")
_TOLD = ("output", "error", "cause")


def decision(case: Case, account: Account) -> tuple[Any, Any]:
    """Return the decision of IAM's simulator on AWS and here."""
    document = policy(*case.json("policy"), version=case.given.get("version", "2012-10-17"))
    context = [
        {"ContextKeyName": name, "ContextKeyType": "stringList", "ContextKeyValues": values}
        for name, values in case.json("context", {}).items()
    ]
    boundary = [policy(*case.json("boundary"))] if "boundary" in case.given else []
    try:
        answer = account.client("iam").simulate_custom_policy(
            PolicyInputList=[document],
            ActionNames=[case["action"]],
            ResourceArns=[case["resource"]],
            ContextEntries=context,
            **({"PermissionsBoundaryPolicyInputList": boundary} if boundary else {}),
        )
    except ClientError as error:
        return case["answer"], refusal_of(error)
    return case["answer"], answer["EvaluationResults"][0]["EvalDecision"]


def execution(case: Case, account: Account) -> tuple[Any, Any]:
    """Return output, or error and cause, of an execution on AWS and here."""
    wanted: dict[str, Any] = {name: case.given[name] for name in _TOLD if name in case.given}
    try:
        found = account.execute(account.make_machine(case["definition"]), case["input"])
    except ClientError as error:
        return _readable(wanted), refusal_of(error)
    told = _TOLD[:1] if found.get("status") == "SUCCEEDED" else _TOLD[1:]
    got: dict[str, Any] = {name: found.get(name, "") for name in told if name in wanted or "output" in wanted}
    return _readable(wanted), _readable(got)


def _readable(found: dict[str, Any]) -> dict[str, Any]:
    """Parse the output, unless it is no JSON."""
    try:
        return {**found, "output": json.loads(found["output"])} if "output" in found else found
    except ValueError:
        return {"output that is no JSON": found["output"]}


def task(case: Case, account: Account) -> tuple[Any, Any]:
    """Return what a task of another service comes to, on AWS and here: the fields of its output that AWS's names."""
    parameters = case["parameters"]
    for placeholder, resource in account.resources.items():
        parameters = parameters.replace(placeholder, resource)
    call = {"Type": "Task", "Resource": f"arn:aws:states:::{case['resource']}", "Parameters": json.loads(parameters)}
    definition = json.dumps({"StartAt": "Call", "States": {"Call": {**call, "End": True}}})
    given = {**case.given, "definition": definition, "input": "{}"}
    wanted, got = execution(Case(case.area, case.id, case.source, given), account)
    if "output" in wanted and "output" in got:
        got["output"] = _keep_wanted(wanted["output"], got["output"])
    if "cause" in got:
        got["cause"] = _ATTEMPTS.sub("", _REQUEST_ID.sub(r"\1<id>", got["cause"]))
    return wanted, got


_REQUEST_ID = re.compile(r"(Request ID: )[^,;)]+")
_ATTEMPTS = re.compile(r" \(SDK Attempt Count: \d+\)$")  # AWS adds it since 2025


def _keep_wanted(wanted: Any, got: Any) -> Any:
    """Leave the fields of an object, and of those in it, that are wanted."""
    if not isinstance(wanted, dict) or not isinstance(got, dict) or not wanted:
        return got
    return {field: _keep_wanted(wanted[field], got[field]) for field in wanted if field in got}


def choice(case: Case, account: Account) -> tuple[Any, Any]:
    """Return whether a Choice rule holds for an input on AWS and here."""
    ends = {name: {"Type": "Pass", "Result": {"rule": name}, "End": True} for name in ("holds", "fails")}
    rule = {**case.json("rule"), "Next": "holds"}
    states = {"Choice": {"Type": "Choice", "Choices": [rule], "Default": "fails"}, **ends}
    definition = json.dumps({"StartAt": "Choice", "States": states})
    return execution(Case(case.area, case.id, case.source, {**case.given, "definition": definition}), account)


def definition(case: Case, account: Account) -> tuple[Any, Any]:
    """Return CreateStateMachine's answer to a definition on AWS and here, after it was asked for `first`, if any.

    Where the recording has no message, only the code is compared.
    """
    got = "accepted"
    for field in ("first", "definition"):
        try:
            got = "accepted" if field not in case.given else account.make_machine(case[field]) and "accepted"
        except ClientError as error:
            got = refusal_of(error)
    return case["answer"], got if ": " in case["answer"] else got.partition(": ")[0]


def invocation(case: Case, account: Account) -> tuple[Any, Any]:
    """Return payload, error and log lines of an invocation on AWS and here, with ids and figures masked.

    A case may have `calls` to be made before, each with its operation and arguments, and arguments of its own for
    Invoke; NAME stands for the function's name. Without an event, the answer is that of the last call.
    """
    wanted, functions = case.json("answer"), account.client("lambda")
    try:
        made = account.make_function(case["code"], **case.json("settings", {}))
        name, said = made["FunctionName"], {}
        for operation, arguments in json.loads(case.given.get("calls", "[]").replace("NAME", name)):
            said = getattr(functions, operation)(**{"FunctionName": name, **arguments})
        if "event" not in case.given:
            return wanted, json.loads(json.dumps({field: said[field] for field in wanted}).replace(name, "NAME"))
        arguments = json.loads(case.given.get("invoke", "{}").replace("NAME", name))
        answer = functions.invoke(**{"FunctionName": name, "Payload": case["event"].encode(), **arguments})
    except ClientError as error:
        refusal = refusal_of(error)
        return wanted, refusal if ": " in wanted else refusal.partition(":")[0]
    payload = json.loads(_masked(answer["Payload"].read().decode()))
    if isinstance(payload, dict) and payload.get("stackTrace"):
        payload["stackTrace"] = payload["stackTrace"][-1:]  # the frames before are of AWS's Python
    if isinstance(payload, dict) and payload.get("trace"):  # in Node, the frames of AWS's own runtime come last
        payload["trace"] = [line for line in payload["trace"] if not _OF_NODE.search(line)]
    got = {"payload": payload} | ({"error": answer["FunctionError"]} if "FunctionError" in answer else {})
    if "executed" in wanted:
        got["executed"] = answer["ExecutedVersion"]
    if "logs" in wanted:
        got["logs"] = _lines(account, made["LoggingConfig"]["LogGroup"])
    return wanted, json.loads(json.dumps(got).replace(name, "NAME"))


def _lines(account: Account, group: str) -> list[str]:
    def look() -> list[str]:
        try:
            found = account.client("logs").filter_log_events(logGroupName=group)["events"]
        except ClientError:
            return []
        lines = [_masked(each["message"]) for each in found]
        return lines if any(line.startswith("REPORT") or "platform.report" in line for line in lines) else []

    return [line for line in wait_for(look) if "INIT_START" not in line and "initStart" not in line]


def _masked(text: str) -> str:
    for mask, shown in _MASKS:
        text = mask.sub(shown, text)
    return text


def filtered(case: Case, account: Account) -> tuple[Any, Any]:
    """Return the messages that a filter pattern finds on AWS and here."""
    logs, group = account.client("logs"), unique("group")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    wanted, others = case.json("returned"), case.json("left_out")
    now = int(time.time() * 1000)
    events = [{"timestamp": now + number, "message": text} for number, text in enumerate([*wanted, *others])]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    try:
        found = logs.filter_log_events(logGroupName=group, filterPattern=case["pattern"])["events"]
    except ClientError as error:
        return wanted, refusal_of(error)
    return wanted, [each["message"] for each in found]
