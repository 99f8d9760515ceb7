"""Deploys a SAM application through AWS's own APIs, for emulators whose CloudFormation loses properties."""

from steps.targets.deploy.errors import DeployError
from steps.targets.deploy.packages import Application, build
from steps.targets.deploy.stack import Stack, StandIns, declared_in, deploy

__all__ = ["Application", "DeployError", "Stack", "StandIns", "build", "declared_in", "deploy"]
