"""What somebody may do to a deployed pipeline behind its templates' back."""

from tests.steps.deployed.changes import access, functions, network, stores
from tests.steps.deployed.changes.making import CHANGES

__all__ = ["CHANGES", "access", "functions", "network", "stores"]
