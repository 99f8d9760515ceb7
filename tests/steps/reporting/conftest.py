"""Fixtures of the tests of reporting."""

from tests.steps.reporting.browser import browser

__all__ = ["browser"]
