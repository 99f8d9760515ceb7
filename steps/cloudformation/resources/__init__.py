"""The CloudFormation types that can be deployed and read back, each in the module of its service."""

from __future__ import annotations

from steps.cloudformation.resources import dynamodb, ec2, events, iam, lambda_, logs, others, rds, s3, secrets, states
from steps.cloudformation.resources.resource_type import ResourceType

_SERVICES = dynamodb, ec2, events, iam, lambda_, logs, others, rds, s3, secrets, states

RESOURCE_TYPES: dict[str, ResourceType] = {each.name: each for service in _SERVICES for each in service.TYPES}
