"""Deploys a SAM application through AWS's own APIs, for emulators whose CloudFormation loses properties."""
