"""The command `csv-acceptance` of an installed suite, which works from any folder.

    csv-acceptance -m local --system-under-test=pipeline    # pytest's arguments, with the suite's options
    csv-acceptance doctor                                   # an operator's command

pytest runs in the installed suite's folder, whose configuration and features it needs; reports, waivers and paths on
the command line are of the folder in which the command was started.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

SUITE = Path(__file__).resolve().parents[1]
COMMANDS = ("doctor", "sheet", "verify", "sql", "trend", "site", "notify", "start", "restart")
_PATHS = (
    *("--reports", "--system-under-test", "--settings", "--waivers", "--sign-key", "--file"),
    *("--junitxml", "--junit-xml", "--alluredir", "--basetemp"),
)


def main() -> int:
    """Run pytest or a command of the suite; return its exit code."""
    here, arguments = Path.cwd(), sys.argv[1:]
    os.environ["CSV_ACCEPTANCE_FOLDER"] = str(here)
    sys.path.insert(0, str(SUITE))
    if arguments and arguments[0] in COMMANDS:
        from commands.__main__ import main as command

        return command(arguments)
    import pytest

    os.chdir(SUITE)
    return int(pytest.main(["-p", "no:cacheprovider", *resolve(arguments, here)]))


def resolve(arguments: list[str], here: Path) -> list[str]:
    """Return the arguments with the paths of known options made absolute, in the form --option=VALUE."""
    resolved, left = list[str](), iter(arguments)
    for argument in left:
        option, _, value = argument.partition("=")
        if option in _PATHS and (value or (value := next(left, ""))):
            argument = f"{option}={here / value}"
        resolved.append(argument)
    return resolved
