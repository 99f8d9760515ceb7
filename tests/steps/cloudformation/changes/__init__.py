"""What somebody may do to a deployed pipeline behind its templates' back."""

from tests.steps.cloudformation.changes import access, functions, network, stores
from tests.steps.cloudformation.changes.making import CHANGES

__all__ = ["CHANGES", "access", "functions", "network", "stores"]
