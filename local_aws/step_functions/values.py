"""Values in state machines: timestamps, and texts with wildcards."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def moment_of(text: Any) -> datetime | None:
    """Return the moment of a timestamp as Step Functions takes it (RFC 3339, upper case T and Z), or None."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def matches(text: Any, pattern: str) -> bool:
    r"""True if a text matches a pattern of StringMatches: `*` is any text, and `\*` an asterisk."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wanted = "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts)
    return isinstance(text, str) and re.fullmatch(wanted, text, re.DOTALL) is not None
