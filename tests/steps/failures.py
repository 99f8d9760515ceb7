"""Errors and causes of failed executions, in the words of Step Functions, Lambda, AWS, psycopg and the pipeline."""

from __future__ import annotations

import json

Shapes = dict[str, list[tuple[str | None, str | None]]]
"""(error, cause) of executions, by the diagnosis that they point to."""
FUNCTION = "arn:aws:lambda:ap-northeast-1:123456789012:function:splitter"
SESSION = "arn:aws:sts::123456789012:assumed-role/csv-lambda-processor-role-dev/splitter"
REQUEST = "RequestId: 5f2a9c31-9f0e-4d5e-8c7e-0f6b1f3c2a11"
REMEDY = (
    "Look at the function's VpcConfig, the security group's rule for 5432, the state of the cluster and the secret."
)
INPUT = '{"version":"0","detail-type":"Object Created","detail":{"bucket":{"name":"b"}},"event_type":"any"}'


def told(error: str, message: str, *lines: str) -> str:
    """The cause of a task whose function failed: Lambda's payload; `lines` are quoted in the stack trace."""
    trace = [f'  File "/var/task/splitter.py", line 20, in handler\n    {line}\n' for line in lines]
    return json.dumps({"errorMessage": message, "errorType": error, "requestId": "5f2a9c31", "stackTrace": trace})


def refused(code: str, operation: str, message: str) -> tuple[str, str]:
    """(error, cause) of a call to AWS that nobody caught; `code` is the class's name where botocore models it."""
    error = code if code in ("ResourceNotFoundException", "NoSuchBucket", "InvalidRequestException") else "ClientError"
    return error, told(error, f"An error occurred ({code}) when calling the {operation} operation: {message}")


def denied(action: str) -> str:
    why = f"because no identity-based policy allows the {action} action"
    return f"User: {SESSION} is not authorized to perform: {action} on resource: * {why}"


def of_lambda(name: str, message: str, status: int, code: str | None = None) -> tuple[str, str]:
    """(error, cause) of a call that Lambda itself refused."""
    code = code or name
    return (
        f"Lambda.{name}",
        f"{message} (Service: AWSLambda; Status Code: {status}; Error Code: {code}; Request ID: 5f2a)",
    )


def failed(error: str, message: str) -> tuple[str, str]:
    return error, told(error, message, "with services.database.session(event.function, event.request_id):")


def no_session(why: str) -> tuple[str, str]:
    at = 'connection failed: connection to server at "10.0.1.7", port 5432 failed: '
    return failed("DatabaseUnavailableError", f"no session on aurora:5432: {at}{why}. {REMEDY}")


def no_path(event: int, path: str) -> tuple[str, str]:
    where = f"An error occurred while executing the state 'Any' (entered at the event id #{event})."
    return (
        "States.Runtime",
        f"{where} The JSONPath '{path}' specified for the field 'any.$' could not be found in the input '{INPUT}'",
    )


def settings(*faults: str) -> tuple[str, str]:
    told = f"{len(faults)} environment variables of the function are missing or malformed: {'; '.join(faults)}."
    return failed("SettingsError", f"{told} Put them right under Globals in template.yaml and deploy again.")


def unwanted(model: str, fault: str) -> tuple[str, str]:
    return failed("EventError", f"the event is not what {model} wants: {fault}")


def rejected(*reasons: str) -> tuple[str, str]:
    whole = "100 of 100 records are rejected, more than the 5 % tolerated: "
    return failed("ProcessingError", whole + ", ".join(reasons))


MISSING_MODULE = "Unable to import module 'processor': No module named "
FUNCTION_TIMEOUT = f"{REQUEST} Error: Task timed out after 300.00 seconds"
EXIT = f"{REQUEST} Error: Runtime exited with error: "

_OF_FUNCTIONS: Shapes = {
    "environment-variable-missing": [settings("CHUNK_SIZE: missing", "REGION: String should match pattern")],
    "environment-variable-wrong": [
        settings("CHUNK_SIZE: Input should be a valid integer"),
        no_session('FATAL:  database "csvbach" does not exist'),
        failed(
            "DatabaseUnavailableError",
            f"no session on auora:5432: failed to resolve host 'auora': [Errno -2]. {REMEDY}",
        ),
    ],
    "layer-missing": [
        failed("Runtime.ImportModuleError", f"{MISSING_MODULE}'csv_pipeline'"),
        failed("Runtime.ImportModuleError", f"{MISSING_MODULE}'psycopg'"),
        failed("ModuleNotFoundError", "No module named 'aws_lambda_powertools'"),
    ],
    "handler-misnamed": [
        failed("Runtime.HandlerNotFound", "Handler 'handle' missing on module 'processor'"),
        failed("Runtime.ImportModuleError", "Unable to import module 'procesor': No module named 'procesor'"),
        failed("Runtime.ImportModuleError", "Unable to import module 'code/processor': No module named 'code'"),
        failed(
            "Runtime.MalformedHandlerName", "Bad handler 'handler': not enough values to unpack (expected 2, got 1)"
        ),
    ],
    "function-cannot-start": [
        failed("Runtime.ImportModuleError", f"{MISSING_MODULE}'pydantic_core._pydantic_core'"),
        failed("Runtime.ImportModuleError", "Unable to import module 'processor': cannot import name 'x' from 'y'"),
        failed(
            "Runtime.ImportModuleError", "Unable to import module 'processor': /opt/python/a.so: invalid ELF header"
        ),
        failed(
            "Runtime.UserCodeSyntaxError", "Syntax error in module 'processor': invalid syntax (processor.py, line 1)"
        ),
    ],
    "function-timeout": [
        failed("Sandbox.Timedout", FUNCTION_TIMEOUT),
        ("Lambda.Unknown", f'Returned payload: {{"errorMessage":"2026-11-23T00:00:00Z 5f2a {FUNCTION_TIMEOUT}"}}'),
    ],
    "function-out-of-memory": [
        failed("Runtime.ExitError", f"{EXIT}signal: killed"),
        failed("Runtime.OutOfMemory", f"{EXIT}signal: killed"),
        failed("MemoryError", ""),
    ],
    "function-throttled": [of_lambda("TooManyRequestsException", "Rate Exceeded.", 429)],
    "function-missing": [
        of_lambda("ResourceNotFoundException", f"Function not found: {FUNCTION}", 404),
        of_lambda("ResourceNotReadyException", "The function is inactive and its VPC connection is no longer", 502),
        of_lambda("ResourceConflictException", "The function is currently in the following state: Pending", 409),
    ],
}
_OF_AWS: Shapes = {
    "permission-missing": [
        refused("AccessDenied", "GetObject", denied("s3:GetObjectVersion")),
        refused("AccessDeniedException", "PutItem", denied("dynamodb:PutItem")),
        refused("403", "HeadObject", "Forbidden"),
        of_lambda("AWSLambdaException", denied("lambda:InvokeFunction"), 403, "AccessDeniedException"),
        of_lambda("EC2AccessDeniedException", "Lambda was unable to configure your VPC access", 502),
    ],
    "role-wrong": [
        of_lambda(
            "AWSLambdaException",
            "The role defined for the function cannot be assumed by Lambda.",
            403,
            "AccessDeniedException",
        ),
        of_lambda(
            "AWSLambdaException",
            "The principal states.amazonaws.com is not authorized to assume the provided role.",
            403,
            "AccessDeniedException",
        ),
    ],
    "secret-missing": [
        refused("ResourceNotFoundException", "GetSecretValue", "Secrets Manager can't find the specified secret."),
        refused(
            "InvalidRequestException",
            "GetSecretValue",
            "You can't perform this operation on the secret because it was marked for deletion.",
        ),
    ],
    "table-missing": [refused("ResourceNotFoundException", "PutItem", "Requested resource not found")],
    "bucket-missing": [refused("NoSuchBucket", "GetObject", "The specified bucket does not exist")],
}
_OF_AURORA: Shapes = {
    "secret-refused": [no_session('FATAL:  password authentication failed for user "postgres"')],
    "connections-exhausted": [
        no_session("FATAL:  sorry, too many clients already"),
        no_session("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute"),
    ],
    "aurora-stopped": [
        no_session("Connection refused"),
        no_session("FATAL:  the database system is starting up"),
        no_session("FATAL:  the database system is shutting down"),
    ],
    "aurora-resuming": [
        failed("DatabaseUnavailableError", f"no session on aurora:5432: connected, and no answer within 40 s. {REMEDY}")
    ],
    "aurora-unreachable": [
        failed("DatabaseUnavailableError", f"no session on aurora:5432: connection timeout expired. {REMEDY}"),
        no_session("SSL error: certificate verify failed"),
    ],
    "schema-wrong": [
        failed("UndefinedTable", 'relation "user_statistics" does not exist\nLINE 1: SELECT\n'),
        failed("UndefinedColumn", 'record "new" has no field "updated"\nCONTEXT:  PL/pgSQL function touch() line 3\n'),
        failed("InvalidColumnReference", "there is no unique or exclusion constraint matching the ON CONFLICT"),
        failed("NumericValueOutOfRange", "integer out of range"),
        failed("StringDataRightTruncation", "value too long for type character varying(20)"),
    ],
    "database-refused": [
        failed("InsufficientPrivilege", "permission denied for table users"),
        failed("CheckViolation", 'new row for relation "user_statistics" violates check constraint "small"'),
        failed("QueryCanceled", "canceling statement due to statement timeout"),
        failed("LockNotAvailable", "canceling statement due to lock timeout"),
        failed("ReadOnlySqlTransaction", "cannot execute INSERT in a read-only transaction"),
    ],
}
_OF_THE_PIPELINE: Shapes = {
    "event-contract-broken": [
        failed("ObjectGoneError", "version v1 of s3://b/$.detail.object.key no longer exists"),
        no_path(2, "$.detail.bucket.name"),
        no_path(9, "$.detail.object.key"),
        no_path(2, "$.bucket"),
        unwanted("StepEvent", "object.key: Input should be a valid string"),
    ],
    "state-data-lost": [
        no_path(12, "$.validation.answer.records_total"),
        ("States.ParameterPathFailure", "The JSONPath '$.split.chunks' could not be found"),
        unwanted("ChunkEvent", "chunk: Field required"),
        unwanted("CompletionEvent", "totals.records_total: Field required"),
        failed("EventError", "this function has no step 'csv-mrege', but csv-merge, batch-status-update"),
    ],
    "users-missing": [
        rejected("100 of 100 UserNotFoundError"),
        rejected("9 of 100 UserNotFoundError, 1 of 100 UserInactiveError"),
    ],
    "users-wrong": [rejected("7 of 100 UserInactiveError")],
    "records-rejected": [
        rejected("7 of 100 ValidationError"),
        rejected("90 of 100 ValidationError, 1 of 100 UserNotFoundError"),
    ],
    "file-rejected": [
        failed("ValidationError", "the header is 'a,b'; it must be 'ユーザーID,ログイン回数,投稿回数'"),
        failed("ObjectGoneError", "version v1 of incoming/users.csv no longer exists"),
    ],
    "chunk-lost": [
        failed("ProcessingError", "only 9 of 10 chunks are done"),
        failed("UniqueViolation", 'duplicate key value violates unique constraint "rejected_records_pkey"'),
        failed("CheckViolation", 'new row for relation "chunk_plan" violates check constraint "chunk_plan_check1"'),
        failed("ProcessingError", "chunk 11 of b/incoming/users.csv#v1 is in no plan"),
        failed(
            "ProcessingError",
            "the records do not add up: 100 in the file, 90 in the plan, 90 applied and 0 rejected, 0 of them kept",
        ),
    ],
    "lock-wrong": [failed("LockLostError", "arn:aws:... no longer owns the lock of b/incoming/users.csv#v1")],
    "too-slow": [
        ("States.Timeout", ""),
        failed("ProcessingError", "the validation took longer than VALIDATION_TIMEOUT_SECONDS (300)"),
    ],
    "state-failed": [
        failed("KeyError", "'chunks'"),
        failed("ParamValidationError", "Invalid type for parameter Item.chunks.S, value: [1, 2], type: list"),
        ("Lambda.ServiceException", ""),
        (None, None),
        ("", "{"),
        ("Any", "[1, 2]"),
    ],
}
EXECUTIONS = [
    (*shape, diagnosis)
    for group in (_OF_FUNCTIONS, _OF_AWS, _OF_AURORA, _OF_THE_PIPELINE)
    for diagnosis, shapes in group.items()
    for shape in shapes
]
"""(error, cause, the diagnosis that they point to)."""
