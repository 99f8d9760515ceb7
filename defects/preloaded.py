"""Preloaded by the fork server of the sessions: importing this module imports what all sessions need."""

from defects.sessions import import_ahead

import_ahead()
