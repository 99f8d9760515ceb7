"""Decides which traffic a network ACL lets pass, as EC2 describes the ACL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

ANYWHERE = IPv4Network("0.0.0.0/0")


def is_public(block: IPv4Network) -> bool:
    """True if an AWS service may have its addresses there, which are not private, and more than one."""
    return not block.is_private and block.prefixlen < block.max_prefixlen


def passes(acl: Mapping[str, Any], is_out: bool, other: IPv4Network, ports: range) -> bool:
    """True if the ACL allows TCP to or from all of `other`; of the internet, to or from some public addresses."""
    entries = sorted((each for each in acl["Entries"] if each["Egress"] is is_out), key=lambda each: each["RuleNumber"])
    fitting = [each for each in entries if each["Protocol"] in ("-1", "6") and "CidrBlock" in each]
    decided = list(_decide(fitting, other, ports))
    if other == ANYWHERE:
        return any(allowed and is_public(part) for part, allowed in decided)
    return all(allowed for _, allowed in decided)


def _decide(entries: list[Any], other: IPv4Network, ports: range) -> Iterator[tuple[IPv4Network, bool]]:
    """(part of `other`, whether it is allowed) by the first entry that fits, as ACLs decide."""
    for index, entry in enumerate(entries):
        block, opened = IPv4Network(entry["CidrBlock"]), _ports(entry)
        both = range(max(ports.start, opened.start), min(ports.stop, opened.stop))
        if not both or not block.overlaps(other):
            continue
        inner = block if block.prefixlen > other.prefixlen else other
        yield inner, entry["RuleAction"] == "allow"
        rest = entries[index + 1 :]
        for outside in other.address_exclude(inner):
            yield from _decide(rest, outside, ports)
        for left in (range(ports.start, both.start), range(both.stop, ports.stop)):
            if left:
                yield from _decide(rest, inner, left)
        return
    yield other, False


def _ports(entry: Mapping[str, Any]) -> range:
    given = entry.get("PortRange")
    return range(given["From"], given["To"] + 1) if given else range(65536)
