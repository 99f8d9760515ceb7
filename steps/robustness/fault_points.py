"""The moments at which a fault can strike: the calls made for a file, with patterns to match them. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping

CHUNK_RECORDS = 10
"""Records per chunk of a small file."""

_SERVICES = ("dynamodb", "s3", "secretsmanager", "lambda", "postgresql")


def _service(template: str) -> str:
    return next(each for each in _SERVICES if f"{each} " in template)


_PATTERNS: Mapping[str, str] = {
    "taking the lock": r'dynamodb PutItem .*"held"',
    "reading the file": r"s3 GET \S*/{file}\?\S* (?!bytes=)",
    "noting the facts of the file": r"dynamodb PutItem .*processing-metadata",
    "noting the job": r'dynamodb UpdateItem .*"RUNNING"',
    "fetching the credentials": r"secretsmanager GetSecretValue",
    "writing the results": r"s3 PUT \S*/results/",
    "completing the job": r"dynamodb TransactWriteItems",
    "invoking the splitter": r"lambda POST \S*splitter-dev/invocations",
    "reading chunk {chunk}": r"s3 GET \S*/{file}\?\S* bytes={first_byte}-",
    "noting the start of chunk {chunk}": r'dynamodb PutItem .*#csv-chunk-processing#{chunk}#\d+".*"start"',
    "noting the end of chunk {chunk}": r'dynamodb PutItem .*#csv-chunk-processing#{chunk}#\d+".*"completion"',
    "invoking chunk {chunk}": r'lambda POST \S*processor-dev/invocations .*"chunk": ?{chunk}\b',
    "noting the start of the splitting": r'dynamodb PutItem .*#csv-split#-#\d+".*"start"',
    "noting the end of the splitting": r'dynamodb PutItem .*#csv-split#-#\d+".*"completion"',
    "noting the end of the merge": r'dynamodb PutItem .*#csv-merge#-#\d+".*"completion"',
    "copying chunk {chunk}": r"processor\S* postgresql .*{user}\b",
    "committing the plan": r"splitter\S* postgresql .*COMMIT\x00",
    "committing a chunk": r"processor\S* postgresql .*COMMIT\x00",
    "connecting": r"-dev postgresql .*application_name",
}
CALLS = {moment: _service(template) for moment, template in _PATTERNS.items()}
"""The service called at each moment, by the moment's name; a name with `{chunk}` stands for a moment of each chunk."""


def pattern(moment: str, *, file: str, first_byte: Mapping[int, int], user: Mapping[int, str]) -> str:
    """Return the pattern of calls at `moment`, such as `reading chunk 2`; first_byte, user: one entry per chunk."""
    found = re.search(r"\d+", moment)
    chunk = int(found[0]) if found else 1
    template = _PATTERNS[moment if found is None else moment.replace(found[0], "{chunk}")]
    values = {"file": re.escape(file), "chunk": chunk, "first_byte": first_byte[chunk], "user": user[chunk]}
    return re.sub(r"\{(file|chunk|first_byte|user)\}", lambda name: str(values[name[1]]), template)
