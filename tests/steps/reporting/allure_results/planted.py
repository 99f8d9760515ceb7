"""Secrets and hostile texts that the scenarios show in every way they can; none of them is anybody's."""

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
"""Secrets that no variable holds, recognised by their shape."""
PLANTED = [*VARIABLES.values(), *UNKNOWN.values()]


LINE_ENDS = ("\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x1e", "\x85", "\u2028", "\u2029")
FORGED = ("GO  64 of 64 FORGED", "| ✓ Passed | FORGED |", "# FORGED", "::error::FORGED", "```FORGED", "- FORGED")
"""Lines that would be taken for those of the suite, of Markdown or of GitHub's runner, if a line began with them."""
HOSTILE = "".join(
    [
        "日本語 👍🏽 \x1b[2J\x1b]0;title\x07 \x9b31m \b\b\0\x7f ",
        "\u202eOG\u202c \u2066\u2069\u200e\u200f\u061c \u200b\ufeff\xad \udc80",
        *(end + forged for end in LINE_ENDS for forged in FORGED),
        "\n<b>FORGED</b> [FORGED](https://forged.example) https://forged.example www.forged.example\n",
    ]
)


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
