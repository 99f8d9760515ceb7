"""Secrets that the scenarios show in every way they can; none of them is anybody's."""

from __future__ import annotations

PASSWORD = "Kw7<pl&nted>/0ne-4Fx"
TOKEN = "FwoGZXIvYXdzEPLANTEDsessionTOKEN0123456789"
KEY = "pl4ntedSecretAccessKeyOf40Characters0000"
VARIABLES = {
    "PGPASSWORD": PASSWORD,
    "AWS_SESSION_TOKEN": TOKEN,
    "AWS_SECRET_ACCESS_KEY": KEY,
    "LOCALSTACK_AUTH_TOKEN": "ls-PLANTEDlocalstackTOKEN",
}
UNKNOWN = {
    "id": "AKIAPLANTEDPLANTED01",
    "passing_id": "ASIAPLANTEDPLANTED02",
    "url": "planted-url-password",
    "json": "planted-json-password",
    "header": "plantedbearer0123456789",
    "jwt": "eyJwbGFudGVk.eyJwbGFudGVk.cGxhbnRlZA",
    "signature": "planted51gnature0123456789abcdef",
}
"""Those that nobody has told the suite of: they are known by their looks."""
PLANTED = [*VARIABLES.values(), *UNKNOWN.values()]


def shown() -> str:
    """A text that shows all of them as logs, headers, settings and URLs do."""
    return "\n".join(
        [
            *(f"it is {secret} here" for secret in VARIABLES.values()),
            f"aws_access_key_id = {UNKNOWN['id']}, {UNKNOWN['passing_id']}",
            f"postgresql://postgres:{UNKNOWN['url']}@127.0.0.1:5432/csvbatch",
            f'{{"username": "postgres", "password": "{UNKNOWN["json"]}"}}',
            f"Authorization: Bearer {UNKNOWN['header']}",
            f"cookie {UNKNOWN['jwt']}",
            f"https://s3.example/key?X-Amz-Signature={UNKNOWN['signature']}&X-Amz-Expires=60",
        ]
    )
