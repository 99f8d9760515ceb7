"""Values in state machines: timestamps, texts with wildcards, parameters and outputs of tasks."""

from __future__ import annotations

import json
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


def to_request(value: Any, shape: Any, depth: int = 0) -> Any:
    """Return a task's parameters as a client takes them, by botocore's `shape`.

    Names are taken in any case, and unknown ones are left out; what is no text becomes one in JSON where a text is
    wanted, and a body always does.
    """
    if shape.type_name == "structure" and isinstance(value, dict):
        names = {name.lower(): name for name in shape.members}
        known = {names[field.lower()]: each for field, each in value.items() if field.lower() in names}
        return {name: to_request(each, shape.members[name], depth + 1) for name, each in known.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [to_request(each, shape.member, depth + 1) for each in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: to_request(each, shape.value, depth + 1) for key, each in value.items()}
    if shape.type_name == "string" and not isinstance(value, str):
        return _compact(value)
    if shape.type_name == "blob" and depth == 1 and not isinstance(value, bytes):
        return _compact(value).encode()
    return value


def from_response(value: Any, shape: Any) -> Any:
    """Return a client's answer as Step Functions gives it: names begin with a capital; bodies and times are texts."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if hasattr(value, "read"):
        return value.read().decode(errors="replace")
    if shape.type_name == "structure" and isinstance(value, dict):
        members = shape.members
        return {
            field[:1].upper() + field[1:] if field in members else field: (
                from_response(each, members[field]) if field in members else each
            )
            for field, each in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [from_response(each, shape.member) for each in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: from_response(each, shape.value) for key, each in value.items()}
    return value


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
