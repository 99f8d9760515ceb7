"""What the process that sessions are forked from imports: nothing but a reason to import all the rest."""

from defects.sessions import import_ahead

import_ahead()
