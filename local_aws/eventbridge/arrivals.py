"""Events as they arrive at an event bus."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any


@dataclass(frozen=True)
class Arrival:
    """An event, and the bus and region where it arrived."""

    event: dict[str, Any]
    bus: str
    region: str
    at: float = field(default_factory=monotonic)
    is_forwarded: bool = False
    """True if it came from another bus, which no rule forwards any further."""


def new_event(
    source: str, detail_type: str, detail: Any, *, account: str, region: str, resources: list[str], time: float | None
) -> dict[str, Any]:
    """Returns an event in EventBridge's envelope; `time` is in seconds since the epoch, None for now."""
    at = datetime.now(UTC) if time is None else datetime.fromtimestamp(time, UTC)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": resources,
        "detail": detail,
    }
