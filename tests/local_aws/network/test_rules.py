"""VPCs and security groups decide which function reaches a cluster."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.network.rules import AclEntry, Interfaces, Permission, SecurityGroup, barrier

PORT = 5432
ALL = range(65_536)


def rule(*whom: str, protocol: str = "tcp", ports: range = range(PORT, PORT + 1)) -> Permission:
    """A permission for security groups and CIDRs."""
    networks = tuple(IPv4Network(each) for each in whom if "/" in each)
    return Permission(protocol, ports, frozenset(each for each in whom if "/" not in each), networks)


ANYWHERE = [rule("0.0.0.0/0", protocol="-1", ports=ALL)]


def group(
    name: str, *, ingress: Iterable[Permission] = (), egress: Iterable[Permission] = ANYWHERE, vpc: str = "one"
) -> SecurityGroup:
    return SecurityGroup(name, vpc, tuple(ingress), tuple(egress))


def interfaces(*groups: SecurityGroup, subnets: tuple[str, ...] = ()) -> Interfaces:
    return Interfaces(groups, tuple(map(IPv4Network, subnets)))


def function(*groups: SecurityGroup) -> Interfaces:
    return interfaces(*groups, subnets=("10.0.1.0/24", "10.0.2.0/24"))


def cluster(*groups: SecurityGroup, subnets: tuple[str, ...] = ("10.0.8.0/24", "10.0.9.0/24")) -> Interfaces:
    return interfaces(*groups, subnets=subnets)


LAMBDA = group("sg-lambda")
FROM_LAMBDA = group("sg-aurora", ingress=[rule("sg-lambda")])


REACHING = {
    "by its group": (function(LAMBDA), cluster(FROM_LAMBDA)),
    "by one of its groups": (function(group("sg-other"), LAMBDA), cluster(FROM_LAMBDA)),
    "by one of the cluster's groups": (function(LAMBDA), cluster(group("sg-none"), FROM_LAMBDA)),
    "by a network": (function(LAMBDA), cluster(group("sg", ingress=[rule("10.0.0.0/16")]))),
    "by a network for each subnet": (
        function(LAMBDA),
        cluster(group("sg", ingress=[rule("10.0.1.0/24"), rule("10.0.2.0/24")])),
    ),
    "by two halves of a network": (
        interfaces(LAMBDA, subnets=("10.0.2.0/23",)),
        cluster(group("sg", ingress=[rule("10.0.2.0/24", "10.0.3.0/24")])),
    ),
    "by a range of ports": (
        function(LAMBDA),
        cluster(group("sg", ingress=[rule("sg-lambda", ports=range(5000, 6000))])),
    ),
    "by the number of TCP": (function(LAMBDA), cluster(group("sg", ingress=[rule("sg-lambda", protocol="6")]))),
    "out to the cluster's group": (function(group("sg-lambda", egress=[rule("sg-aurora")])), cluster(FROM_LAMBDA)),
    "out to the cluster's subnets": (function(group("sg-lambda", egress=[rule("10.0.8.0/23")])), cluster(FROM_LAMBDA)),
    "out to anywhere, the cluster's subnets unknown": (function(LAMBDA), cluster(FROM_LAMBDA, subnets=())),
}


@pytest.mark.parametrize(("caller", "called"), REACHING.values(), ids=REACHING)
def test_it_reaches(caller: Interfaces, called: Interfaces) -> None:
    assert barrier(caller, called, PORT) is None


@pytest.mark.parametrize(
    ("caller", "called", "why"),
    [
        (interfaces(), cluster(FROM_LAMBDA), "it is in no VPC"),
        (function(group("sg-lambda", vpc="two")), cluster(FROM_LAMBDA), "it is in another VPC"),
        (function(LAMBDA), cluster(), "no security group of the cluster admits sg-lambda on port 5432"),
        (
            function(group("sg-a"), group("sg-b")),
            cluster(FROM_LAMBDA),
            "no security group of the cluster admits sg-a, sg-b on port 5432",
        ),
        (
            function(LAMBDA),
            cluster(group("sg", ingress=[rule("sg-lambda", protocol="udp")])),
            "no security group of the cluster admits sg-lambda on port 5432",
        ),
        (
            function(LAMBDA),
            cluster(group("sg", ingress=[rule("sg-lambda", ports=range(5433, 6000))])),
            "no security group of the cluster admits sg-lambda on port 5432",
        ),
        (
            function(LAMBDA),
            cluster(group("sg", ingress=[rule("10.0.1.0/24")])),  # and nobody knows in which subnet it runs
            "no security group of the cluster admits sg-lambda on port 5432",
        ),
        (
            function(group("sg-lambda", egress=[])),
            cluster(FROM_LAMBDA),
            "sg-lambda lets nothing out to the cluster on port 5432",
        ),
        (
            function(group("sg-lambda", egress=[rule("10.0.0.0/8")])),
            cluster(FROM_LAMBDA, subnets=()),
            "sg-lambda lets nothing out to the cluster on port 5432",
        ),
    ],
)
def test_it_does_not_reach(caller: Interfaces, called: Interfaces, why: str) -> None:
    assert barrier(caller, called, PORT) == why


# Sixteen addresses, three groups and two ports: small enough to try every packet.
sizes = range(28, 33)
networks = st.sampled_from([each for size in sizes for each in IPv4Network("10.0.0.0/28").subnets(new_prefix=size)])
names = st.sampled_from(["sg-1", "sg-2", "sg-3"])
permissions = st.builds(
    Permission,
    st.sampled_from(["tcp", "-1", "udp"]),
    st.sampled_from([range(PORT, PORT + 1), range(PORT), ALL]),
    st.frozensets(names, max_size=1),
    st.lists(networks, max_size=3).map(tuple),
)
rules = st.lists(permissions | st.sampled_from(ANYWHERE), max_size=3).map(tuple)
sides = st.sampled_from(["one", "one", "two"]).flatmap(
    lambda vpc: st.builds(
        Interfaces,
        st.lists(st.builds(SecurityGroup, names, st.just(vpc), rules, rules), min_size=1, max_size=2).map(tuple),
        st.lists(networks, min_size=1, max_size=2).map(tuple),
    )
)


def passes(rules: list[Permission], other: Interfaces, address: IPv4Address) -> bool:
    return any(
        (each.groups & {group.id for group in other.groups} or any(address in network for network in each.networks))
        for each in rules
        if each.protocol != "udp" and PORT in each.ports
    )


@given(caller=sides, called=sides)
def test_it_reaches_where_every_packet_between_its_and_the_clusters_addresses_passes(
    caller: Interfaces, called: Interfaces
) -> None:
    out = [each for group in caller.groups for each in group.egress]
    into = [each for group in called.groups for each in group.ingress]
    pairs = product(*([address for net in side.subnets for address in net] for side in (caller, called)))
    passing = all(passes(into, caller, here) and passes(out, called, there) for here, there in pairs)
    assert (barrier(caller, called, PORT) is None) == (passing and caller.groups[0].vpc == called.groups[0].vpc)


@given(caller=sides, called=sides, more=permissions)
def test_a_rule_more_never_shuts_anything(caller: Interfaces, called: Interfaces, more: Permission) -> None:
    first, *others = called.groups
    opened = called._replace(groups=(first._replace(ingress=(*first.ingress, more)), *others))
    if barrier(caller, called, PORT) is None:
        assert barrier(caller, opened, PORT) is None


entries = st.lists(
    st.builds(
        AclEntry,
        st.booleans(),
        st.sampled_from(["6", "-1", "17"]),
        st.sampled_from([range(PORT, PORT + 1), range(PORT), range(1024, 65_536), range(40_000, 50_000), ALL]),
        networks,
        st.sampled_from([True, True, False]),
    ),
    max_size=4,
).map(tuple)
halves = tuple(IPv4Network("10.0.0.0/28").subnets(new_prefix=29))


@given(ours=entries, theirs=entries)
def test_an_acl_stops_what_its_first_fitting_entry_denies_and_what_none_fits(
    ours: tuple[AclEntry, ...], theirs: tuple[AclEntry, ...]
) -> None:
    def allows(acl: tuple[AclEntry, ...], is_egress: bool, other: IPv4Address, port: int) -> bool:
        fitting = (
            each.allows
            for each in acl
            if each.is_egress == is_egress and each.protocol != "17" and port in each.ports and other in each.network
        )
        return next(fitting, False)

    caller = Interfaces((LAMBDA,), halves[:1], {halves[0]: ours})
    called = Interfaces((FROM_LAMBDA,), halves[1:], {halves[1]: theirs})
    passing = all(
        allows(ours, True, there, PORT)
        and allows(theirs, False, here, PORT)
        and all(allows(theirs, True, here, port) and allows(ours, False, there, port) for port in (32_768, 45_000))
        for here, there in product(*halves)
    )
    assert (barrier(caller, called, PORT) is None) == passing


def test_within_a_subnet_no_acl_acts() -> None:
    subnet = halves[0]
    caller, called = (Interfaces(groups, (subnet,), {subnet: ()}) for groups in ((LAMBDA,), (FROM_LAMBDA,)))
    assert barrier(caller, called, PORT) is None
