"""A bucket's policy counts beside those of the caller: what it denies is refused, whom it names is let in."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.conftest import REGION
from tests.local_aws.helpers import unique
from tests.local_aws.iam.conftest import ClientOf, Identity, Statement, allow, deny, refused

TLS_ONLY = {"Bool": {"aws:SecureTransport": "false"}}


@pytest.fixture
def bucket(client: ClientOf) -> str:
    name = unique("bucket")
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def give(client: ClientOf, bucket: str, principal: Any, statement: Statement) -> None:
    document = {"Version": "2012-10-17", "Statement": {**statement, "Principal": principal}}
    client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))


def test_what_it_denies_is_refused_until_the_policy_goes(
    client: ClientOf, as_user: ClientOf, user: Identity, bucket: str
) -> None:
    objects, s3 = f"arn:aws:s3:::{bucket}/*", as_user("s3")
    user.may(allow("s3:PutObject"))
    give(client, bucket, "*", deny("s3:*", on=objects, Condition=TLS_ONLY))
    s3.put_object(Bucket=bucket, Key="it", Body=b"")
    give(client, bucket, {"AWS": user.arn}, deny("s3:PutObject", on=f"arn:aws:s3:::{bucket}/closed/*"))
    s3.put_object(Bucket=bucket, Key="it", Body=b"")
    code, message, status = refused(s3.put_object, Bucket=bucket, Key="closed/it", Body=b"")
    assert (code, status) == ("AccessDenied", 403)
    assert message.endswith("with an explicit deny in a resource-based policy")
    client("s3").delete_bucket_policy(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="closed/it", Body=b"")


def test_whom_it_names_it_lets_in_and_nobody_else(
    client: ClientOf, as_user: ClientOf, user: Identity, bucket: str
) -> None:
    for principal in ({"Service": "lambda.amazonaws.com"}, {"AWS": "arn:aws:iam::123456789012:user/other"}):
        give(client, bucket, principal, allow("s3:PutObject", on=f"arn:aws:s3:::{bucket}/*"))
        with pytest.raises(ClientError, match="no identity-based policy allows the s3:PutObject action"):
            as_user("s3").put_object(Bucket=bucket, Key="it", Body=b"")
    give(client, bucket, {"AWS": user.arn}, allow("s3:PutObject", on=f"arn:aws:s3:::{bucket}/*"))
    as_user("s3").put_object(Bucket=bucket, Key="it", Body=b"")
