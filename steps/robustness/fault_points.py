"""The points at which a fault can strike: the calls made for a file, and the patterns that match them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from steps.drivers.names import Names

CHUNK_RECORDS = 10
"""Records per chunk of a small file."""

_SERVICES = ("dynamodb", "s3", "secretsmanager", "lambda", "postgresql")


def _service(template: str) -> str:
    return next(each for each in _SERVICES if f"{each} " in template)


_PATTERNS = {
    "taking the lock": r'dynamodb PutItem .*"held"',
    "reading the file": r"s3 GET \S*/{file}\?\S* (?!bytes=)",
    "noting the facts of the file": r"dynamodb PutItem .*{processing_metadata}",
    "noting the job": r'dynamodb UpdateItem .*"RUNNING"',
    "fetching the credentials": r"secretsmanager GetSecretValue",
    "writing the results": r"s3 PUT \S*/results/",
    "completing the job": r"dynamodb TransactWriteItems",
    "invoking the splitter": r"lambda POST \S*{splitter}/invocations",
    "reading chunk {chunk}": r"s3 GET \S*/{file}\?\S* bytes={first_byte}-",
    "noting the start of chunk {chunk}": r'dynamodb PutItem .*#csv-chunk-processing#{chunk}#\d+".*"start"',
    "noting the end of chunk {chunk}": r'dynamodb PutItem .*#csv-chunk-processing#{chunk}#\d+".*"completion"',
    "invoking chunk {chunk}": r'lambda POST \S*{processor}/invocations .*"chunk": ?{chunk}\b',
    "noting the start of the splitting": r'dynamodb PutItem .*#csv-split#-#\d+".*"start"',
    "noting the end of the splitting": r'dynamodb PutItem .*#csv-split#-#\d+".*"completion"',
    "noting the end of the merge": r'dynamodb PutItem .*#csv-merge#-#\d+".*"completion"',
    "copying chunk {chunk}": r"{processor} postgresql .*{user}\b",
    "committing the plan": r"{splitter} postgresql .*COMMIT\x00",
    "committing a chunk": r"{processor} postgresql .*COMMIT\x00",
    "connecting": r"{function} postgresql .*application_name",
}
_MORE_PATTERNS = {
    "noting the start of the merge": r'dynamodb PutItem .*#csv-merge#-#\d+".*"start"',
    "marking the job as failed": r'dynamodb UpdateItem .*"FAILED"',
    "any call of a function": r"^{function} (s3|dynamodb|secretsmanager) ",
}
"""Points that are not drawn at random: no call meets the second unless something else has failed."""
CALLS = {point: _service(template) for point, template in _PATTERNS.items()}
"""The service called at each point that may be drawn; a name with `{chunk}` stands for a point of each chunk."""


def call_pattern(point: str, names: Names, *, file: str, first_byte: Mapping[int, int], user: Mapping[int, str]) -> str:
    """Return the pattern of calls at `point`, such as `reading chunk 2`; first_byte, user: one entry per chunk."""
    found = re.search(r"\d+", point)
    chunk = int(found[0]) if found else 1
    template = (_PATTERNS | _MORE_PATTERNS)[point if found is None else point.replace(found[0], "{chunk}")]
    named = {thing: re.escape(names.named(thing)) for thing in ("splitter", "processor", "processing_metadata")}
    values = {
        **named,
        "function": f"({named['splitter']}|{named['processor']})",
        "file": re.escape(file),
        "chunk": chunk,
        "first_byte": first_byte[chunk],
        "user": user[chunk],
    }
    return re.sub(rf"\{{({'|'.join(values)})\}}", lambda name: str(values[name[1]]), template)
