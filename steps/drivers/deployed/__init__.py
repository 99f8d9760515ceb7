"""What is deployed, read back in CloudFormation's own terms and compared with what is declared."""

from steps.drivers.deployed.comparing import differences, not_compared
from steps.drivers.deployed.declared import Clients, Declared, Properties
from steps.drivers.deployed.difference import HIDDEN, Difference
from steps.drivers.deployed.drift import Compared, compared
from steps.drivers.deployed.locating import located
from steps.drivers.deployed.reading import deployed

__all__ = [
    "HIDDEN",
    "Clients",
    "Compared",
    "Declared",
    "Difference",
    "Properties",
    "compared",
    "deployed",
    "differences",
    "located",
    "not_compared",
]
