"""Deploys a SAM application through the services' APIs, for emulators whose CloudFormation drops properties."""
