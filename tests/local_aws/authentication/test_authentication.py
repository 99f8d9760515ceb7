"""Requests not signed with a key of the account are refused with AWS's error codes and messages."""

import io
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.authentication.signing import credentials, send
from tests.local_aws.conftest import REGION
from tests.local_aws.helpers import Function, make_role, policy, unique

ClientOf = Callable[[str], Any]
TOKEN = "The security token included in the request is invalid."
MISMATCH = "The request signature we calculated does not match the signature you provided. Check your"
CALLS = {
    "dynamodb": "list_tables",
    "stepfunctions": "list_state_machines",
    "secretsmanager": "list_secrets",
    "lambda": "list_functions",
    "sts": "get_caller_identity",
    "iam": "list_roles",
    "rds": "describe_db_clusters",
    "ec2": "describe_vpcs",
    "s3": "list_buckets",
}
JSON, QUERY = ("dynamodb", "stepfunctions", "secretsmanager"), ("sts", "iam", "rds")
AUTH_FAILURE = ("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
UNKNOWN = {
    **dict.fromkeys(JSON, ("UnrecognizedClientException", TOKEN, 400)),
    "lambda": ("UnrecognizedClientException", TOKEN, 403),
    **dict.fromkeys(QUERY, ("InvalidClientTokenId", TOKEN, 403)),
    "ec2": AUTH_FAILURE,
    "s3": ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403),
}
WRONG = {
    **dict.fromkeys(JSON, ("InvalidSignatureException", MISMATCH, 400)),
    "lambda": ("InvalidSignatureException", MISMATCH, 403),
    **dict.fromkeys(QUERY, ("SignatureDoesNotMatch", MISMATCH, 403)),
    "ec2": AUTH_FAILURE,
    "s3": ("SignatureDoesNotMatch", MISMATCH, 403),
}
MISSING = {
    **dict.fromkeys(JSON, ("MissingAuthenticationTokenException", "Missing Authentication Token", 400)),
    **dict.fromkeys(QUERY, ("MissingAuthenticationToken", "Request is missing Authentication Token", 403)),
    "ec2": ("MissingAuthenticationToken", "Request is missing Authentication Token", 403),
    "s3": ("AccessDenied", "Access Denied", 403),
}


@pytest.fixture
def signing(aws: LocalAws) -> Callable[..., Any]:
    """A client of a service with any keys and settings."""

    def client(service: str, key: str = "", secret: str = "", token: str | None = None, **settings: Any) -> Any:
        keys = (key or aws.environment["AWS_ACCESS_KEY_ID"], secret or aws.environment["AWS_SECRET_ACCESS_KEY"], token)
        config = Config(retries={"total_max_attempts": 1}, **settings)
        session: Any = boto3.Session(*keys, region_name=REGION)
        return session.client(service, endpoint_url=aws.endpoint_url, config=config)

    return client


def refused(call: Callable[..., object], **arguments: Any) -> tuple[str, str, int]:
    """Code, message and HTTP status of the error that a call meets."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error, about = caught.value.response["Error"], caught.value.response["ResponseMetadata"]
    return error["Code"], error["Message"], about["HTTPStatusCode"]


@pytest.mark.parametrize(("service", "refusal"), UNKNOWN.items())
def test_an_unknown_key_is_refused(signing: Callable[..., Any], service: str, refusal: tuple[str, str, int]) -> None:
    assert refused(getattr(signing(service, "AKIAIOSFODNN7EXAMPLE"), CALLS[service])) == refusal


@pytest.mark.parametrize(("service", "refusal"), WRONG.items())
def test_another_secret_is_refused(signing: Callable[..., Any], service: str, refusal: tuple[str, str, int]) -> None:
    code, message, status = refused(getattr(signing(service, secret="another"), CALLS[service]))
    assert (code, message[: len(refusal[1])], status) == refusal


@pytest.mark.parametrize(("service", "refusal"), MISSING.items())
def test_an_unsigned_request_is_refused(
    signing: Callable[..., Any], service: str, refusal: tuple[str, str, int]
) -> None:
    assert refused(getattr(signing(service, signature_version=UNSIGNED), CALLS[service])) == refusal


def test_no_token_from_elsewhere_gives_a_role(signing: Callable[..., Any], role: str) -> None:
    sts = signing("sts", signature_version=UNSIGNED)
    call = sts.assume_role_with_web_identity
    assert refused(call, RoleArn=role, RoleSessionName="any", WebIdentityToken="token") == MISSING["sts"]


@pytest.mark.parametrize("key", ["AKIALOCALAWSROOT0000", "test", "ak", "AKIAAWSSERVICE000000", "lambda.amazonaws.com"])
@pytest.mark.parametrize("secret", ["local-aws", "test", "sk", "any"])
def test_no_key_is_known_beforehand(signing: Callable[..., Any], key: str, secret: str) -> None:
    assert refused(signing("s3", key, secret).list_buckets)[2] == 403


def test_the_root_users_keys_look_like_awss(aws: LocalAws) -> None:
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", aws.environment["AWS_ACCESS_KEY_ID"])
    assert re.fullmatch(r"[\w-]{40}", aws.environment["AWS_SECRET_ACCESS_KEY"])


def test_another_accounts_session_in_the_shell_does_not_matter(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ({"AWS_SESSION_TOKEN": "another account's"} | aws.environment).items():
        monkeypatch.setenv(name, value)
    assert boto3.Session().client("sts").get_caller_identity()["Account"] == aws.account


@pytest.fixture
def bucket(client: ClientOf) -> str:
    name = unique("bucket")
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


KEYS = ["plain", "a b+c", "日本 & ü", "//", "a//b/", "../up", "100%", "%41", "a=b?c#d", "~*'()!@$,;:", "x" * 900]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:12])
def test_names_of_all_kinds_are_signed(client: ClientOf, bucket: str, key: str) -> None:
    s3, where = client("s3"), {"Bucket": bucket, "Key": key}
    s3.put_object(**where, Body=b"content", Metadata={"under_score": "two  spaces", "upper-Case": "b"})
    assert s3.get_object(**where)["Body"].read() == b"content"
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]] == [key]


@pytest.mark.parametrize("settings", [{}, {"request_checksum_calculation": "when_required"}], ids=str)
@pytest.mark.parametrize("signed", [True, False])
def test_bodies_of_all_kinds_are_signed(
    signing: Callable[..., Any], bucket: str, signed: bool, settings: dict[str, Any]
) -> None:
    s3 = signing("s3", s3={"payload_signing_enabled": signed}, **settings)
    for body in (b"", b"content", io.BytesIO(b"content")):
        s3.put_object(Bucket=bucket, Key="it", Body=body)


def test_a_body_in_chunks_is_signed(aws: LocalAws, client: ClientOf, bucket: str) -> None:
    """As the SDKs send a stream over TLS: its digest is unknown when it is signed, and its checksum comes last."""
    body = b"7\r\ncontent\r\n0\r\nx-amz-checksum-crc32:S8uM2Q==\r\n\r\n"
    headers = {
        "Content-Encoding": "aws-chunked",
        "Content-Type": "text/csv",
        "X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "X-Amz-Decoded-Content-Length": "7",
        "X-Amz-Trailer": "x-amz-checksum-crc32",
    }
    request = AWSRequest("PUT", f"{aws.endpoint_url}/{bucket}/it", headers, body)
    SigV4Auth(credentials(aws), "s3", REGION).add_auth(request)
    with urlopen(Request(str(request.url), body, dict(request.headers.items()), method="PUT")):
        pass
    assert client("s3").get_object(Bucket=bucket, Key="it")["Body"].read() == b"content"


def test_arns_in_paths_are_signed(client: ClientOf, deploy: Callable[[str], Function]) -> None:
    function = deploy("def handler(event, context): return event")
    answer = client("lambda").invoke(FunctionName=function.arn, Payload=json.dumps("日本"))
    assert json.load(answer["Payload"]) == "日本"
    assert client("lambda").list_tags(Resource=function.arn)["Tags"] == {}


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_links_are_good_as_they_were_signed_alone(signing: Callable[..., Any], bucket: str, version: str) -> None:
    s3, where = signing("s3", signature_version=version), {"Bucket": bucket, "Key": "a b/日本"}
    put = s3.generate_presigned_url("put_object", {**where, "ContentType": "text/csv"})
    with urlopen(Request(put, b"content", {"Content-Type": "text/csv"}, method="PUT")):
        pass
    get = s3.generate_presigned_url("get_object", where)
    with urlopen(get) as answer:
        assert answer.read() == b"content"
    for link in (get.replace("%20", "+"), get.replace("a%20b", "another"), re.sub("(?<=Signature=)....", "0000", get)):
        with pytest.raises(OSError, match="403"):
            urlopen(link)
    with pytest.raises(OSError, match="403"):
        urlopen(Request(get, method="DELETE"))


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_link_is_to_no_other_service(signing: Callable[..., Any], version: str) -> None:
    url = signing("s3", signature_version=version).generate_presigned_url("list_buckets")
    header = "AWS4-HMAC-SHA256 Credential=any/20250101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"
    for body in (None, b"Action=ListUsers&Version=2010-05-08"):
        with pytest.raises(OSError, match="403"):
            urlopen(Request(url, body, {"Authorization": header}, method="GET"))


def sent(form: dict[str, Any], **fields: str) -> Request:
    """The request of an HTML form with these fields beside or in place of its own."""
    parts = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {**form["fields"], **fields}.items()
    )
    file = '--edge\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncontent\r\n--edge--\r\n'
    return Request(form["url"], (parts + file).encode(), {"Content-Type": "multipart/form-data; boundary=edge"})


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_forms_policy_is_signed(signing: Callable[..., Any], bucket: str, version: str) -> None:
    form = signing("s3", signature_version=version).generate_presigned_post(bucket, "form")
    with urlopen(sent(form)):
        pass
    signature = "signature" if version == "s3" else "x-amz-signature"
    for changed in ({"policy": "e30="}, {signature: "0" * 64}):
        with pytest.raises(OSError, match="403"):
            urlopen(sent(form, **changed))
    with pytest.raises(OSError, match="403"):
        urlopen(sent({"url": form["url"], "fields": {"key": "form"}}))


@pytest.fixture
def session_keys(client: ClientOf, aws: LocalAws) -> dict[str, str]:
    """The temporary credentials of a role that may do anything."""
    name = unique("role")
    arn = make_role(client("iam"), name, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": aws.account}}
    client("iam").update_assume_role_policy(RoleName=name, PolicyDocument=policy(trust))
    return dict(client("sts").assume_role(RoleArn=arn, RoleSessionName="any")["Credentials"])


def test_temporary_credentials_are_good_with_their_token_alone(
    signing: Callable[..., Any], session_keys: dict[str, str]
) -> None:
    keys = session_keys["AccessKeyId"], session_keys["SecretAccessKey"]
    signing("dynamodb", *keys, session_keys["SessionToken"]).list_tables()
    for token in (None, "another"):
        assert refused(signing("dynamodb", *keys, token).list_tables) == UNKNOWN["dynamodb"]
        assert refused(signing("s3", *keys, token).list_buckets) == UNKNOWN["s3"]


def test_links_of_temporary_credentials_are_good(
    signing: Callable[..., Any], session_keys: dict[str, str], bucket: str
) -> None:
    for version in ("s3", "s3v4"):
        keys = session_keys["AccessKeyId"], session_keys["SecretAccessKey"], session_keys["SessionToken"]
        with urlopen(signing("s3", *keys, signature_version=version).generate_presigned_url("list_buckets")) as answer:
            assert bucket.encode() in answer.read()


@pytest.fixture
def key(client: ClientOf) -> dict[str, str]:
    """A user's access key."""
    name = unique("user")
    client("iam").create_user(UserName=name)
    return dict(client("iam").create_access_key(UserName=name)["AccessKey"])


def test_a_key_is_good_until_it_is_deactivated_or_deleted(
    signing: Callable[..., Any], client: ClientOf, key: dict[str, str]
) -> None:
    which = {"UserName": key["UserName"], "AccessKeyId": key["AccessKeyId"]}
    theirs = signing("sts", key["AccessKeyId"], key["SecretAccessKey"]).get_caller_identity
    assert theirs()["Arn"].endswith(key["UserName"])
    client("iam").update_access_key(**which, Status="Inactive")
    assert refused(theirs) == UNKNOWN["sts"]
    client("iam").update_access_key(**which, Status="Active")
    theirs()
    client("iam").delete_access_key(**which)
    assert refused(theirs) == UNKNOWN["sts"]


def test_what_is_no_request_of_awss_is_refused(aws: LocalAws) -> None:
    for header in ("", "AWS4-HMAC-SHA256 Credential=a/20250101/us-east-1/s3/aws4_request", "Basic ÿ", "AWS a:b"):
        assert send(aws, "GET", "/", Authorization=header).status == 403
    for target in ("/?X-Amz-Credential=any", "/?AWSAccessKeyId=any&Expires=any&Signature=any", "/?X-Amz-Signature=any"):
        assert send(aws, "GET", target).status == 403
