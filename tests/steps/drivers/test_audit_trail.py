"""Keys of audit entries are apart at any moment."""

from __future__ import annotations

import pytest

from steps.drivers.audit_trail import colliding

ENTRIES = [
    {"step": step, "phase": phase} | ({} if chunk is None else {"chunk": chunk})
    for step, chunk in (("split", None), ("chunk", 1), ("chunk", 2))
    for phase in ("start", "completion")
]


@pytest.mark.parametrize(
    ("key", "collide"),
    [
        ("2025-08-07T01:02:03.456789Z#{step}", False),
        ("2025-08-07T01:02:03.456Z#{step}#{chunk}", False),
        ("2025-08-07T01:02:03.456Z#{step}", True),
        ("2025-08-07T01:02:03+09:00#{step}#0", True),
        ("{step}#1754528523456", True),
        ("{step}#1754528523456789", False),
        ("{step}#{chunk}#start", False),
    ],
)
def test_keys_that_a_moment_can_make_equal(key: str, collide: bool):
    trail = [each | {"timestamp": key.format(step=each["step"], chunk=each.get("chunk"))} for each in ENTRIES]
    assert colliding(trail) == ([(("chunk", 1), ("chunk", 2))] if collide else [])
