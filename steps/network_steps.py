"""Steps about the network around the functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from pytest_bdd import then, when

from steps import readiness
from steps.deviation import Deviation
from steps.drivers.absence import missing
from steps.drivers.aurora import Aurora, Cluster
from steps.drivers.network import Network, network
from steps.finding import Finding
from steps.function_steps import functions
from steps.reachability import Side, unreachable
from steps.targets.environment import Environment

PRIVATE = "subnet-not-private"


@dataclass(frozen=True)
class Surroundings:
    """The network, where in it each function stands, and the cluster."""

    network: Network
    sides: dict[str, Side]
    cluster: Cluster

    def deviations(self) -> list[Deviation]:
        """Of all functions, each once."""
        found = [each for side in self.sides.values() for each in unreachable(self.network, side, self.cluster)]
        return list(dict.fromkeys(found))


@when("the network around the functions is looked up", target_fixture="surroundings")
def looked_up(environment: Environment, finding: Finding) -> Surroundings:
    names, lambdas = environment.names, functions(environment).found()
    found_cluster = Aurora(environment.client("rds"), names.cluster).found()
    absent = [] if found_cluster else [missing(names, "cluster")]
    absent += [] if any(lambdas.values()) else readiness.missing(lambdas)
    finding.none(absent, wanted="a cluster, and a function in a network", got="there")
    cluster = cast(Cluster, found_cluster)
    found = {name: function for name, function in lambdas.items() if function}
    sides = {name: Side(function.subnets, function.security_groups) for name, function in found.items()}
    subnets = {*cluster.subnets, *(subnet for side in sides.values() for subnet in side.subnets)}
    groups = {*cluster.security_groups, *(group for side in sides.values() for group in side.groups)}
    return Surroundings(network(environment.client("ec2"), subnets, groups), sides, cluster)


@then("its subnets are private and in two zones")
def private(surroundings: Surroundings, finding: Finding) -> None:
    deviations = [each for each in surroundings.deviations() if each.diagnosis == PRIVATE]
    subnets = sorted({subnet for side in surroundings.sides.values() for subnet in side.subnets})
    finding.none(deviations, wanted="private subnets in two zones", got=", ".join(subnets) or "none")
    one = replace(
        surroundings, sides={name: Side(subnets[:1], side.groups) for name, side in surroundings.sides.items()}
    )
    finding.control("one subnet alone", any(each.diagnosis == PRIVATE for each in one.deviations()))


@then("Aurora, S3, DynamoDB and Secrets Manager can be reached from there")
def reachable(surroundings: Surroundings, finding: Finding) -> None:
    deviations = [each for each in surroundings.deviations() if each.diagnosis != PRIVATE]
    port = surroundings.cluster.port
    finding.none(deviations, wanted=f"Aurora on port {port}, S3, DynamoDB and Secrets Manager in reach", got="in reach")
    without = replace(surroundings.network, endpoints=[], groups={})
    found = {each.diagnosis for each in replace(surroundings, network=without).deviations()}
    finding.control("no endpoints and no security groups", {"route-missing", "security-group-closed"} <= found)
