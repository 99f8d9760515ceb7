"""Secrets in every form that they take on their way into a text; and what looks alike, and is none."""

from __future__ import annotations

import hashlib
import html
import json
import shlex
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from steps.masking.masking import MASK, Masking
from tests.steps.reporting.allure_results.planted import KEY, PASSWORD

KNOWN = {
    "a password": PASSWORD,
    "quotes and backslashes": 'it\'s "a\\b"/c+d=é日😀',
    "a key": KEY,
    "a password of nine": "local-aws",
    "a password of six": "p4ss%d",
    "lines": "first line\nsecond\tline",
}


def based(octets: bytes) -> str:
    return b64encode(octets).decode()


def in_json(text: str, times: int = 1, **options: bool) -> str:
    return in_json(json.dumps(text, **options)[1:-1], times - 1, **options) if times else text  # type: ignore[arg-type]


def in_percent(secret: str, *, upper: bool, kept: Callable[[int], bool] = lambda _: False) -> str:
    octets = secret.encode()
    return "".join(chr(o) if kept(o) else f"%{o:02X}" if upper else f"%{o:02x}" for o in octets)


def in_units(secret: str, form: str) -> str:
    octets = secret.encode("utf-16-be")
    return "".join(form.format(octets[at : at + 2].hex()) for at in range(0, len(octets), 2))


def is_plain(octet: int) -> bool:
    return octet < 0x80 and chr(octet).isalnum()


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda secret: based(secret.encode()),
    "base64 after one": lambda secret: based(b"x" + secret.encode() + b"y"),
    "base64 after two": lambda secret: based(b"xy" + secret.encode() + b"zz"),
    "base64 of URLs": lambda secret: urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "base64 of URLs after two": lambda secret: urlsafe_b64encode(b"~>" + secret.encode()).decode(),
    "base64 in a URL": lambda secret: quote(based(secret.encode()), safe=""),
    "hex": lambda secret: secret.encode().hex(),
    "HEX": lambda secret: secret.encode().hex().upper(),
    "percent": lambda secret: quote(secret, safe=""),
    "percent in small letters": lambda secret: in_percent(secret, upper=False, kept=is_plain),
    "percent for all": lambda secret: in_percent(secret, upper=True),
    "percent for all in small letters": lambda secret: in_percent(secret, upper=False),
    "percent for some": lambda secret: in_percent(
        secret, upper=True, kept=lambda octet: is_plain(octet) and octet % 2 > 0
    ),
    "percent twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "a form": quote_plus,
    "JSON": in_json,
    "JSON in UTF-8": lambda secret: in_json(secret, ensure_ascii=False),
    "JSON in JSON": lambda secret: in_json(secret, 2),
    "JSON in JSON in JSON": lambda secret: in_json(secret, 3),
    "JSON of JavaScript": lambda secret: in_json(secret).replace("/", "\\/"),
    "\\u": lambda secret: in_units(secret, "\\u{}"),
    "\\u in JSON": lambda secret: in_units(secret, "\\\\u{}"),
    "\\x": lambda secret: in_percent(secret, upper=False).replace("%", "\\x"),
    "repr": lambda secret: repr(secret)[1:-1],
    "repr of bytes": lambda secret: repr(secret.encode())[2:-1],
    "HTML": html.escape,
    "HTML twice": lambda secret: html.escape(html.escape(secret)),
    "entities": lambda secret: "".join(f"&#{ord(each)};" for each in secret),
    "entities in hex": lambda secret: "".join(f"&#x{ord(each):X};" for each in secret),
    "shell": lambda secret: shlex.quote(secret).strip("'"),
    "shell by backslashes": lambda secret: secret.replace("'", "'\\''"),
    "CSV": lambda secret: in_json(secret).replace('"', '""'),
    "SQL": lambda secret: secret.replace("'", "''"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", KNOWN)
def test_a_known_secret_is_masked_in_every_form(secret: str, form: str):
    shown = FORMS[form](KNOWN[secret])
    masking = Masking({"PGPASSWORD": KNOWN[secret]})
    for before, after in (("", ""), ("it is ", " here"), ('{"x": "', '"}'), ("?x%3D", "%26y"), ("x\\n", "\\n")):
        masked = masking.text(before + shown + after)
        assert masked.startswith(before)
        assert masked.endswith(after)
        left = masked.replace(MASK, "", 1)
        # Only base64 characters shared with the neighbouring bytes remain: a few bits of the first and last letter.
        assert len(left) <= len(before + after) + ("base64" in form) * 7, masked


def test_base64_of_a_user_and_a_password_is_masked():
    masking = Masking({"PGPASSWORD": PASSWORD})
    for user in ("a", "ab", "abc", "postgres"):
        told = based(f"{user}:{PASSWORD}".encode())
        assert len(masking.text(told).replace(MASK, "")) <= len(based(f"{user}:".encode()))


@pytest.mark.parametrize(
    ("secret", "text", "masked"),
    [
        ("abc", "abc", "***"),
        ("abc", "login=abc, alphabet: abc, 'abc', \"abc\"", "login=***, alphabet: abc, '***', \"***\""),
        ("abc", r"{\"x\": \"abc\"}", r"{\"x\": \"***\"}"),
        (
            "abc",
            "password: abc\nPGPASSWORD=abc psql --password abc",
            "password: ***\nPGPASSWORD=*** psql --password ***",
        ),
        ("abc", "postgresql://abcde:abc@db/abc", "postgresql://abcde:***@db/abc"),
        ("1234", "1234 records in 12345 ms: U01234,1234,5", "1234 records in 12345 ms: U01234,1234,5"),
        ("1234", '{"of": "1234", "count": 1234, "password": 1234}', '{"of": "***", "count": 1234, "password": ***}'),
        ("x9!", "x9! or 'x9!'", "x9! or '***'"),
        ("s3cret", "it is s3cret here, not s3crets", "it is *** here, not s3crets"),
        ("local-aws", "local-aws-4711, and with local-aws as the key", "local-aws-4711, and with *** as the key"),
        ("true", 'password=true {"x": "true"}', 'password=true {"x": "true"}'),
        ("test", 'x=test {"environment": "test"}', 'x=test {"environment": "test"}'),
        ("a", "password=a 'a' a", "password=*** 'a' a"),
    ],
)
def test_a_short_secret_is_masked_where_it_is_a_value_of_its_own(secret: str, text: str, masked: str):
    assert Masking({"DB_PASSWORD": secret}).text(text) == masked


@pytest.mark.parametrize("name", ["DB_PASS", "JWT_SECRET", "MYSQL_PWD", "api_key", "LOCALSTACK_AUTH_TOKEN"])
def test_a_variable_is_secret_by_its_name(name: str):
    assert Masking({name: "learnt-by-name"}).text("it is learnt-by-name") == "it is ***"


@pytest.mark.parametrize("name", ["PWD", "OLDPWD", "AURORA_SECRET_ARN", "SSH_AUTH_SOCK", "COMPASS", "KEYBOARD"])
def test_other_variables_are_none(name: str):
    assert Masking({name: "/home/somebody/work"}).text("in /home/somebody/work") == "in /home/somebody/work"


@pytest.mark.parametrize("at", ["postgresql://me:{}@db/csvbatch", "password={} host=db", '{{"password": "{}"}}'])
def test_a_secret_within_a_variable_is_learnt_as_it_is_and_as_it_is_meant(at: str):
    escaped = {"postgresql": quote(PASSWORD, safe="")}.get(at[:10], PASSWORD)
    assert Masking({"DATABASE": at.format(escaped)}).text(f"it is {PASSWORD} here") == "it is *** here"


S = "Planted0Secret1Of2Letters3And4Digits5"
"""Stands in for each secret; its parts are as long and as mixed as those of real ones."""
HEX = hashlib.sha256(b"planted").hexdigest()
PEM = "\n".join(based(bytes(range(start, start + 48))) for start in range(0, 144, 48))

UNKNOWN = [
    f'{{"password": "{S}"}}',
    f"{{'password': '{S}'}}",
    in_json(f'{{"password": "{S}"}}'),
    in_json(f'{{"password": "{S}"}}', 2),
    in_json(f'{{"password": "{S}"}}', 3),
    f'{{"password": "{in_json(S[:9] + chr(34) + chr(92))}{S[9:]}", "x": 1}}',
    in_json(f'{{"password": "{in_json(S[:9] + chr(34))}{S[9:]}", "x": 1}}'),
    in_json(f'{{"password": "{in_json(S[:9] + chr(34))}{S[9:]}", "x": 1}}', 2),
    in_json(f'{{"password": "{in_json(S + chr(92))}", "x": 1}}'),
    f'{{"password": "{S}',
    html.escape(f'{{"password": "{S}"}}'),
    quote(f'{{"password": "{S}"}}', safe=""),
    in_percent(f'{{"password":"{S}"}}', upper=False, kept=is_plain),
    f"{{\\u0022password\\u0022: \\u0022{S}\\u0022}}",
    f'a,"{{""password"": ""{S}""}}",b',
    f"PGPASSWORD={S} psql",
    f"PGPASSWORD={S[:5]}<&>;,@!{S[5:]} psql",
    f"PGPASSWORD='{S[:9]}'\"'\"'{S[9:]}' psql",
    f"PGPASSWORD='{S[:9]}'\\''{S[9:]}' psql",
    f"aws_secret_access_key = {S}\naws_session_token = {S}",
    f"  aws_secret_access_key={S}",
    f"[default]\naws_session_token    =   {S}/+{S}==\nregion = ap-northeast-1",
    f"f(password={S})",
    f"host=db password={S}, user=me",
    f"db_password: {S}\nuser: me",
    f'{{"message": "password: {S}"}}',
    f'{{"message": "db_password: {S}\\nuser: me"}}',
    f"psql --password {S} --host=db",
    f"aws --client-secret '{S}'",
    f"<Credentials><SecretAccessKey>{S}</SecretAccessKey></Credentials>",
    html.escape(f"<SessionToken>{S}</SessionToken>"),
    f"postgresql://postgres:{S}@127.0.0.1:5432/csvbatch",
    f"postgresql://postgres:{S[:9]}@{S[9:]}@db/csvbatch",
    f"postgresql:\\/\\/postgres:{S}@db\\/csvbatch",
    quote(f"postgresql://postgres:{S}@db/csvbatch", safe=""),
    in_percent(f"postgresql://postgres:{S}@db/csvbatch", upper=False, kept=is_plain),
    f"redis://:{S}@cache:6379/0",
    f"Authorization: Bearer {S}",
    f"Authorization: Basic {based(f'someone:{S}'.encode())}",
    f"Authorization: Basic {based(b'a:Planted')}",
    f"with Basic {based(b'usr:pass')} in it",
    f"authorization: bearer {S.lower()}",
    f"{{'Authorization': 'Token {S}'}}",
    in_json(f'{{"Authorization": "Bearer {S}"}}', 2),
    f"https://b.s3.example/k?X-Amz-Credential={S}%2F20260101%2Fap-northeast-1%2Fs3%2Faws4_request&X-Amz-Date=1",
    f"https://b.s3.example/k?X-Amz-Security-Token={S}%2F%2B&X-Amz-Date=1",
    f"https://b.s3.example/k?X-Amz-Signature={HEX}&X-Amz-Date=1",
    f"to={quote(f'https://b.s3.example/k?X-Amz-Signature={HEX}&X-Amz-Date=1', safe='')}",
    f"AWS4-HMAC-SHA256 Credential=AKIAPLANTEDPLANTED01/20260101, SignedHeaders=host, Signature={HEX}",
    f"https://b.s3.example/k?AWSAccessKeyId=AKIAPLANTEDPLANTED01&Signature={based(bytes(range(20)))}&Expires=1",
    "AKIAPLANTEDPLANTED01",
    "id%3DASIAPLANTEDPLANTED01",
    '{"message": "id\\nAKIAPLANTEDPLANTED01"}',
    f"npm_{S[:36]}",
    f"glpat-{S[:20]}",
    f"xoxb-123456789012-123456789012-{S[:24]}",
    f"xoxa-2-{S}",
    f"xoxp-{S}",
    "https://hooks.slack.com/services/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",
    quote("https://hooks.slack.com/services/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", safe=""),
    f"sk_live_{S[:24]}",
    f"rk_live_{S[:24]}",
    *(f"{kind}_{S[:36]}" for kind in ("ghp", "gho", "ghu", "ghs", "ghr", "github_pat")),
    f"AIza{S[:35]}",
    f"eyJ{S}.eyJ{S}.{S}",
    f"-----BEGIN RSA PRIVATE KEY-----\n{PEM}\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN PRIVATE KEY-----\n{PEM}",
    json.dumps(f"-----BEGIN EC PRIVATE KEY-----\n{PEM}\n-----END EC PRIVATE KEY-----"),
    f"-----BEGIN OPENSSH PRIVATE KEY-----\\n{in_json(PEM)}",
]
PARTS = [*{S[:5], S[5:9], S[9:20], S[20:]}, S.lower()[9:20], HEX, "PLANTEDPLANTED", "B0PLANTED", "planted0planted1"]
PARTS += [*PEM.split("\n"), based(bytes(range(20)))[:20], based(b"a:Planted")[2:10], based(b"usr:pass")[:10]]
PARTS += [based(f"someone:{S}".encode())[20:40]]


@pytest.mark.parametrize("text", UNKNOWN)
def test_an_unknown_secret_is_masked_by_its_looks_and_its_surroundings_are_not(text: str):
    for before, after in (("", ""), ("the line before\n", "\nthe line after"), ("\n  | ", "\n  | more")):
        masked = Masking({}).text(before + text + after)
        assert MASK in masked
        assert [part for part in PARTS if part in masked] == []
        assert masked.startswith(before)
        assert masked.endswith(after)
    assert Masking({}).text(masked) == masked


REQUEST = "8f14e45f-ceea-467f-a8b5-0c9b1d2e3f40"
ORDINARY = [
    "arn:aws:states:ap-northeast-1:123456789012:execution:csv-parallel-processing-csv-processing-dev:5f2a9c31_8c7e",
    "arn:aws:secretsmanager:ap-northeast-1:000000000000:secret:rds!cluster-1-AbCdEf",
    f"START RequestId: {REQUEST} Version: $LATEST",
    f"REPORT RequestId: {REQUEST}\tDuration: 102.25 ms\tBilled Duration: 103 ms\tMemory Size: 512 MB",
    f"sha256 {HEX}",
    f'ETag: "{hashlib.md5(b"planted", usedforsecurity=False).hexdigest()}-12"',
    "version id 3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY_MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo",
    "versionId=null&key=incoming/test-user-stats-20250807-100records.csv",
    "user_id,login_count,post_count\nU00001,40,97\nU00002,41,98\n",
    "2026-01-02T03:04:05.678+00:00 /aws/lambda/csv-processor-dev 2026/01/02/[$LATEST]0123456789abcdef0123456789abcdef",
    "the bucket csv-parallel-processing-csv-bucket-dev-123456789012 in ap-northeast-1",
    based(b"user_id,login_count,post_count\nU00001,40,97\nU00002,41,98\nU00003,42,99\n"),
    based("日本語のメッセージと英語の words".encode()),
    "eyJ1c2VyIjoiVTAwMDAxIn0",
    "Basic authentication, basic understanding, Basic Authentication and bearer of news",
    "The token is missing; tokens: 12, max_tokens=100",
    "if token == other: pass",
    '{"taskToken": null, "NextToken": None, "password": true}',
    'FATAL: password authentication failed for user "postgres"',
    "The password of postgres is refused: it was changed",
    "have the secret and Aurora agree: aws rds modify-db-cluster --rotate-master-user-password --apply-immediately",
    "AURORA_SECRET_ARN, SECRET_NAME and API_KEY_ID are variables",
    "postgresql://127.0.0.1:5432/csvbatch, https://example.com:8443/a@b",
    "someone@example.com, http://localhost:4566",
    "AKIDEXAMPLE, ASIATIC, npm_config_registry, xoxo, ghost_writer_of_the_long_text, glpattern-of-long-names-here",
    "-----BEGIN CERTIFICATE-----\nMIIB0planted0planted1planted2\n-----END CERTIFICATE-----",
    "BEGIN PRIVATE KEY is how it starts",
    "パスワードの確認: 失敗しました。トークン：なし",
    "chunk 4 of 10, 1234 records, 5432 ms, SQLSTATE 42501",
    "S3からEventBridge経由で Step Functions を起動 👩‍👧",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_what_is_no_secret_stays_as_it_is(text: str):
    masking = Masking({"PGPASSWORD": PASSWORD, "AWS_SECRET_ACCESS_KEY": KEY, "X_TOKEN": "abc", "DB_PASSWORD": "1234"})
    for shown in (text, json.dumps(text), json.dumps(json.dumps({"message": text}, ensure_ascii=False))):
        assert masking.text(shown) == shown


def test_data_keep_their_shape_and_lose_what_a_secret_names():
    named = {"password": 123456, "token": None, "Authorization": "Digest x", "client_secret": {"value": 1}}
    data = {**named, "of": [("it is", "AKIAPLANTEDPLANTED01"), 1]}
    masked = {**named, "password": "***", "Authorization": "***", "of": [["it is", "***"], 1]}
    assert Masking({}).data(data) == masked


def test_secrets_that_overlap_leave_nothing_of_themselves():
    masking = Masking({"A_PASSWORD": "one-long-secret-and", "B_PASSWORD": "and-another-secret-here"})
    assert masking.text("password=one-long-secret-and-another-secret-here;") == "password=***;"


def test_positions_hold_beside_letters_that_grow_in_small_letters():
    assert Masking({"X_TOKEN": PASSWORD}).text(f"İİİ password={PASSWORD} İ") == "İİİ password=*** İ"


def test_the_name_of_a_secret_is_none():
    masking = Masking({"ACCEPTANCE_AURORA_SECRET": "csv-aurora-login"})
    assert masking.text("secret:csv-aurora-login does not exist") == "secret:csv-aurora-login does not exist"
