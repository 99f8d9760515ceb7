"""The keys that the suite finds behind buckets, tables and secrets, and those that AWS manages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from steps.drivers.keys import Keys
from steps.drivers.names import Names
from tests.local_aws.helpers import unique


def test_the_owners_keys_are_found_and_those_of_aws_are_left_out(client: Callable[[str], Any]):
    kms, names = client("kms"), Names("123456789012", environment=unique("dev"))
    own = kms.create_key()["KeyMetadata"]["Arn"]
    off = kms.create_key()["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=off.rpartition("/")[2])
    client("s3").create_bucket(
        Bucket=names.bucket, CreateBucketConfiguration={"LocationConstraint": client("s3").meta.region_name}
    )
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": own}
    client("s3").put_bucket_encryption(
        Bucket=names.bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )
    for table, chosen in ((names.audit_logs, {}), (names.batch_jobs, {"KMSMasterKeyId": off})):
        client("dynamodb").create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            SSESpecification={"Enabled": True, "SSEType": "KMS", **chosen},
        )
    secret = client("secretsmanager").create_secret(Name=unique("secret"), SecretString="{}", KmsKeyId="alias/lost")

    found = Keys(client).found(names, secret["ARN"])

    assert [(key.user, key.arn, key.fault) for key in found] == [
        (names.bucket, own, ""),
        (names.batch_jobs, off, "is Disabled"),
        (secret["ARN"], "alias/lost", "does not exist"),
    ]
    assert found[0].grants(f"arn:aws:iam::{own.split(':')[4]}:root", "kms:Decrypt")
