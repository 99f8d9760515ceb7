"""What tests of reporting share."""

from tests.steps.reporting.browser import browser

__all__ = ["browser"]
