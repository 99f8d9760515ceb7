"""Each operation needs an action on a resource, which the refusal of a user without permissions names."""

from typing import Any

import pytest

from tests.local_aws.conftest import ACCOUNT
from tests.local_aws.iam.conftest import ClientOf, Identity, arn, not_allowed, refused

BUCKET, OBJECT = "arn:aws:s3:::a-bucket", "arn:aws:s3:::a-bucket/in/記録 1.csv"
IN = {"Bucket": "a-bucket", "Key": "in/記録 1.csv"}
FUNCTION, TABLE = arn("lambda", "function:f"), arn("dynamodb", "table/t")
MACHINE, EXECUTION = arn("states", "stateMachine:m"), arn("states", "execution:m:e")
GROUP = arn("logs", "log-group:/aws/lambda/f:log-stream:")
LOG = {"logGroupName": "/aws/lambda/f"}
ITEM = {"TableName": "t", "Key": {"id": {"S": "1"}}}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
CODE = {"Runtime": "python3.13", "Handler": "a.b", "Role": ROLE, "Code": {"ZipFile": b""}}
TRUST = {"AssumeRolePolicyDocument": "{}"}

S3 = [
    ("list_buckets", {}, "ListAllMyBuckets", "*"),
    ("create_bucket", {"Bucket": "a-bucket"}, "CreateBucket", BUCKET),
    ("head_bucket", {"Bucket": "a-bucket"}, None, None),
    ("list_objects", {"Bucket": "a-bucket"}, "ListBucket", BUCKET),
    ("list_objects_v2", {"Bucket": "a-bucket", "Prefix": "in/"}, "ListBucket", BUCKET),
    ("list_object_versions", {"Bucket": "a-bucket"}, "ListBucketVersions", BUCKET),
    ("list_multipart_uploads", {"Bucket": "a-bucket"}, "ListBucketMultipartUploads", BUCKET),
    ("get_bucket_location", {"Bucket": "a-bucket"}, "GetBucketLocation", BUCKET),
    ("get_bucket_versioning", {"Bucket": "a-bucket"}, "GetBucketVersioning", BUCKET),
    ("get_bucket_notification_configuration", {"Bucket": "a-bucket"}, "GetBucketNotification", BUCKET),
    ("get_public_access_block", {"Bucket": "a-bucket"}, "GetBucketPublicAccessBlock", BUCKET),
    ("get_bucket_encryption", {"Bucket": "a-bucket"}, "GetEncryptionConfiguration", BUCKET),
    ("get_bucket_lifecycle_configuration", {"Bucket": "a-bucket"}, "GetLifecycleConfiguration", BUCKET),
    ("get_bucket_cors", {"Bucket": "a-bucket"}, "GetBucketCORS", BUCKET),
    ("delete_bucket_tagging", {"Bucket": "a-bucket"}, "PutBucketTagging", BUCKET),
    ("get_object", IN, "GetObject", OBJECT),
    ("get_object", {**IN, "VersionId": "v"}, "GetObjectVersion", OBJECT),
    ("get_object", {**IN, "Range": "bytes=0-1"}, "GetObject", OBJECT),
    ("get_object_tagging", {**IN, "VersionId": "v"}, "GetObjectVersionTagging", OBJECT),
    ("get_object_attributes", {**IN, "ObjectAttributes": ["ETag"]}, "GetObjectAttributes", OBJECT),
    ("put_object", {**IN, "Body": b"x" * 2_000_000}, "PutObject", OBJECT),
    ("put_object_tagging", {**IN, "Tagging": {"TagSet": []}}, "PutObjectTagging", OBJECT),
    ("delete_object", IN, "DeleteObject", OBJECT),
    ("delete_object", {**IN, "VersionId": "v"}, "DeleteObjectVersion", OBJECT),
    ("delete_objects", {"Bucket": "a-bucket", "Delete": {"Objects": [{"Key": IN["Key"]}]}}, "DeleteObject", OBJECT),
    ("create_multipart_upload", IN, "PutObject", OBJECT),
    ("upload_part", {**IN, "UploadId": "u", "PartNumber": 1, "Body": b""}, "PutObject", OBJECT),
    ("complete_multipart_upload", {**IN, "UploadId": "u"}, "PutObject", OBJECT),
    ("abort_multipart_upload", {**IN, "UploadId": "u"}, "AbortMultipartUpload", OBJECT),
    ("list_parts", {**IN, "UploadId": "u"}, "ListMultipartUploadParts", OBJECT),
    ("copy_object", {**IN, "CopySource": "other/source"}, "PutObject", OBJECT),
]

JSON = [
    ("dynamodb", "list_tables", {}, "dynamodb:ListTables", arn("dynamodb", "table/*")),
    ("dynamodb", "get_item", ITEM, "dynamodb:GetItem", TABLE),
    ("dynamodb", "get_item", {**ITEM, "TableName": TABLE}, "dynamodb:GetItem", TABLE),
    ("dynamodb", "query", {"TableName": "t", "IndexName": "i"}, "dynamodb:Query", f"{TABLE}/index/i"),
    ("dynamodb", "describe_time_to_live", {"TableName": "t"}, "dynamodb:DescribeTimeToLive", TABLE),
    ("dynamodb", "list_tags_of_resource", {"ResourceArn": TABLE}, "dynamodb:ListTagsOfResource", TABLE),
    ("dynamodb", "transact_write_items", {"TransactItems": [{"Delete": ITEM}]}, "dynamodb:DeleteItem", TABLE),
    ("dynamodb", "transact_get_items", {"TransactItems": [{"Get": ITEM}]}, "dynamodb:GetItem", TABLE),
    ("dynamodb", "batch_get_item", {"RequestItems": {"t": {"Keys": [ITEM["Key"]]}}}, "dynamodb:BatchGetItem", TABLE),
    ("dynamodb", "batch_write_item", {"RequestItems": {"t": []}}, "dynamodb:BatchWriteItem", TABLE),
    ("stepfunctions", "list_state_machines", {}, "states:ListStateMachines", arn("states", "stateMachine:*")),
    ("stepfunctions", "start_execution", {"stateMachineArn": MACHINE}, "states:StartExecution", MACHINE),
    ("stepfunctions", "list_executions", {"stateMachineArn": MACHINE}, "states:ListExecutions", MACHINE),
    ("stepfunctions", "get_execution_history", {"executionArn": EXECUTION}, "states:GetExecutionHistory", EXECUTION),
    ("stepfunctions", "stop_execution", {"executionArn": EXECUTION}, "states:StopExecution", EXECUTION),
    (
        "stepfunctions",
        "create_state_machine",
        {"name": "m", "definition": "{}", "roleArn": ROLE},
        "states:CreateStateMachine",
        MACHINE,
    ),
    ("logs", "describe_log_groups", {}, "logs:DescribeLogGroups", arn("logs", "log-group::log-stream:")),
    ("logs", "create_log_group", LOG, "logs:CreateLogGroup", GROUP),
    ("logs", "filter_log_events", LOG, "logs:FilterLogEvents", GROUP),
    ("logs", "filter_log_events", {"logGroupIdentifier": GROUP[: -len(":log-stream:")]}, "logs:FilterLogEvents", GROUP),
    ("logs", "create_log_stream", {**LOG, "logStreamName": "s"}, "logs:CreateLogStream", f"{GROUP}s"),
    ("logs", "put_log_events", {**LOG, "logStreamName": "s", "logEvents": []}, "logs:PutLogEvents", f"{GROUP}s"),
    ("events", "list_rules", {}, "events:ListRules", arn("events", "rule/*")),
    ("events", "describe_rule", {"Name": "r"}, "events:DescribeRule", arn("events", "rule/r")),
    ("events", "disable_rule", {"Name": "r", "EventBusName": "b"}, "events:DisableRule", arn("events", "rule/b/r")),
    ("events", "list_targets_by_rule", {"Rule": "r"}, "events:ListTargetsByRule", arn("events", "rule/r")),
    ("events", "describe_event_bus", {}, "events:DescribeEventBus", arn("events", "event-bus/default")),
    ("events", "put_events", {"Entries": [{"Source": "s"}]}, "events:PutEvents", arn("events", "event-bus/default")),
    ("secretsmanager", "list_secrets", {}, "secretsmanager:ListSecrets", "*"),
    ("secretsmanager", "get_secret_value", {"SecretId": "s"}, "secretsmanager:GetSecretValue", "s"),
    ("secretsmanager", "batch_get_secret_value", {"SecretIdList": ["s"]}, "secretsmanager:BatchGetSecretValue", "*"),
    ("kms", "list_keys", {}, "kms:ListKeys", "*"),
    ("ssm", "get_parameter", {"Name": "p"}, "ssm:GetParameter", "*"),
]

LAMBDA = [
    ("list_functions", {}, "ListFunctions", "*"),
    ("invoke", {"FunctionName": "f"}, "InvokeFunction", FUNCTION),
    ("invoke", {"FunctionName": FUNCTION}, "InvokeFunction", FUNCTION),
    ("invoke", {"FunctionName": f"{ACCOUNT}:function:f"}, "InvokeFunction", FUNCTION),
    ("invoke", {"FunctionName": "f:live", "Payload": b'{"Qualifier": "no"}'}, "InvokeFunction", f"{FUNCTION}:live"),
    ("invoke", {"FunctionName": "f", "Qualifier": "1"}, "InvokeFunction", f"{FUNCTION}:1"),
    ("get_function", {"FunctionName": "f"}, "GetFunction", FUNCTION),
    ("get_function_configuration", {"FunctionName": "f"}, "GetFunctionConfiguration", FUNCTION),
    ("get_function_concurrency", {"FunctionName": "f"}, "GetFunctionConcurrency", FUNCTION),
    ("list_tags", {"Resource": FUNCTION}, "ListTags", FUNCTION),
    ("create_function", {"FunctionName": "f", **CODE}, "CreateFunction", FUNCTION),
    ("update_function_configuration", {"FunctionName": "f"}, "UpdateFunctionConfiguration", FUNCTION),
    ("get_layer_version", {"LayerName": "l", "VersionNumber": 3}, "GetLayerVersion", arn("lambda", "layer:l:3")),
    ("list_layer_versions", {"LayerName": "l"}, "ListLayerVersions", arn("lambda", "layer:l")),
]

QUERY = [
    ("iam", "list_roles", {}, "iam:ListRoles", f"arn:aws:iam::{ACCOUNT}:role/"),
    ("iam", "get_role", {"RoleName": "r"}, "iam:GetRole", ROLE),
    ("iam", "create_role", {"RoleName": "r", "Path": "/p/", **TRUST}, "iam:CreateRole", ROLE.replace("/r", "/p/r")),
    ("iam", "list_role_policies", {"RoleName": "r"}, "iam:ListRolePolicies", ROLE),
    (
        "iam",
        "simulate_principal_policy",
        {"PolicySourceArn": ROLE, "ActionNames": ["s3:GetObject"]},
        "iam:SimulatePrincipalPolicy",
        ROLE,
    ),
    ("rds", "describe_db_clusters", {}, "rds:DescribeDBClusters", arn("rds", "cluster:*")),
    ("rds", "describe_db_clusters", {"DBClusterIdentifier": "c"}, "rds:DescribeDBClusters", arn("rds", "cluster:c")),
    ("rds", "describe_db_subnet_groups", {}, "rds:DescribeDBSubnetGroups", arn("rds", "subgrp:*")),
    ("cloudformation", "list_stacks", {}, "cloudformation:ListStacks", "*"),
]


@pytest.mark.parametrize(("operation", "arguments", "action", "resource"), S3)
def test_s3(
    as_user: ClientOf, user: Identity, operation: str, arguments: Any, action: str | None, resource: str
) -> None:
    code, message, status = refused(getattr(as_user("s3"), operation), **arguments)
    if action is None:  # the answer to a HEAD has no body
        assert (code, message, status) == ("403", "Forbidden", 403)
    else:
        assert (code, message, status) == ("AccessDenied", not_allowed(user, f"s3:{action}", f'"{resource}"'), 403)


@pytest.mark.parametrize(("service", "operation", "arguments", "action", "resource"), JSON)
def test_services_that_speak_json(
    as_user: ClientOf, user: Identity, service: str, operation: str, arguments: Any, action: str, resource: str
) -> None:
    answer = refused(getattr(as_user(service), operation), **arguments)
    assert answer == ("AccessDeniedException", not_allowed(user, action, resource), 400)


@pytest.mark.parametrize(("operation", "arguments", "action", "resource"), LAMBDA)
def test_lambda(as_user: ClientOf, user: Identity, operation: str, arguments: Any, action: str, resource: str) -> None:
    answer = refused(getattr(as_user("lambda"), operation), **arguments)
    assert answer == ("AccessDeniedException", not_allowed(user, f"lambda:{action}", resource), 403)


@pytest.mark.parametrize(("service", "operation", "arguments", "action", "resource"), QUERY)
def test_services_that_are_asked_by_forms(
    as_user: ClientOf, user: Identity, service: str, operation: str, arguments: Any, action: str, resource: str
) -> None:
    answer = refused(getattr(as_user(service), operation), **arguments)
    assert answer == ("AccessDenied", not_allowed(user, action, resource), 403)


def test_ec2(as_user: ClientOf, user: Identity) -> None:
    code, message, status = refused(as_user("ec2").describe_subnets)
    assert (code, status) == ("UnauthorizedOperation", 403)
    assert (
        message == f"You are not authorized to perform this operation. {not_allowed(user, 'ec2:DescribeSubnets', '*')}"
    )


def test_get_caller_identity_needs_no_permission(as_user: ClientOf, user: Identity) -> None:
    assert as_user("sts").get_caller_identity()["Arn"] == user.arn
