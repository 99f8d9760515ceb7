"""Checks before anything is delivered: infrastructure, functions, roles, network, rule, template."""
