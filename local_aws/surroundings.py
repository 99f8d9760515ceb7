"""The caller's variables that would decide in an AWS client, in libpq, in Python or on a proxy, and how to do without.

Those functions that are given an environment return the one to be used in its place.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = ("AWS_", "BOTO", "PG")
"""How the names begin by which boto3, the AWS command line and libpq are configured."""
_NO_FILES = {
    # ~/.aws/config is read where no variable names another file, and may not even be well-formed.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "BOTO_CONFIG": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_KEYS = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    *("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION"),
)
"""Where a client looks for credentials first."""
_OF_PYTHON = (
    *("PYTHONHOME", "PYTHONPLATLIBDIR", "PYTHONUSERBASE", "PYTHONNOUSERSITE"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
)
"""Where Python and its packages are, and whether it may write beside them; its other variables alter what it does."""
_OF_A_PROCESS = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TEMP", "TMP")
_OF_THE_LOADER = ("LD_", "DYLD_")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_RUN = (
    "import os, runpy, sys; root, added, module = sys.argv[1:4]; del sys.argv[1:4]; "
    "sys.path.insert(0, root); sys.path += filter(None, added.split(os.pathsep)); "
    "runpy.run_module(module, run_name='__main__', alter_sys=True)"
)


def isolated(environment: Mapping[str, str]) -> dict[str, str]:
    """Without all that configures AWS clients and libpq; no proxy stands before this machine."""
    kept = {name: value for name, value in environment.items() if not name.startswith(CLIENTS)}
    return {**kept, **_NO_FILES, **unproxied(environment)}


def stripped(environment: Mapping[str, str]) -> dict[str, str]:
    """With what a process needs on any machine alone, for one whose command line tells it everything else."""
    needed = (*_OF_A_PROCESS, *_OF_PYTHON)
    kept = {name: value for name, value in environment.items() if name in needed or name.startswith(_OF_THE_LOADER)}
    return {**kept, **_NO_FILES, "TZ": "UTC", "PYTHONUTF8": "1"}


def for_python(environment: Mapping[str, str]) -> dict[str, str]:
    """For a Python that is to read and write UTF-8, and otherwise to do what it does by default."""
    kept = {name: value for name, value in environment.items() if not name.startswith("PYTHON") or name in _OF_PYTHON}
    return {**kept, "PYTHONUTF8": "1"}


def led(environment: Mapping[str, str], exports: Mapping[str, str]) -> dict[str, str]:
    """Leads where `exports` do: past any proxy to an endpoint, and by their keys, so that no profile asks for any."""
    keyed = "AWS_ACCESS_KEY_ID" in exports
    kept = {name: value for name, value in environment.items() if not (keyed and name in _KEYS)}
    return {**kept, **unproxied(environment, exports.get("AWS_ENDPOINT_URL", "")), **exports}


def unproxied(environment: Mapping[str, str], url: str = "") -> dict[str, str]:
    """The variables by which no proxy stands before this machine, nor before the host of `url`."""
    told = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    hosts = [*told.replace(" ", "").split(","), *_LOOPBACK, urlsplit(url).hostname or ""]
    # Some programs read the one, some the other.
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(dict.fromkeys(filter(None, hosts))))


def adopt(environment: Mapping[str, str]) -> None:
    """Makes `environment` this process's own."""
    os.environ.clear()
    os.environ.update(environment)


def python(module: str) -> list[str]:
    """The command of a Python that runs `module` of this project; what PYTHONPATH adds shadows nothing there."""
    return [sys.executable, "-P", "-c", _RUN, str(ROOT), os.pathsep.join(_added()), module]


def shadow_nothing() -> dict[str, str]:
    """Has this process look last where PYTHONPATH says; returns modules of Python's own that it has from there."""
    added = _added()
    sys.path[:] = [each for each in sys.path if str(Path(each).resolve()) not in added] + added
    of_python = {name: module for name, module in sys.modules.items() if added and name in sys.stdlib_module_names}
    files = [(name, str(getattr(module, "__file__", ""))) for name, module in of_python.items()]
    return {name: file for name, file in files if any(Path(file).is_relative_to(each) for each in added)}


def _added() -> list[str]:
    own = {str(Path(each).resolve()) for each in (str(ROOT), *sysconfig.get_paths().values())}
    told = [str(Path(each).resolve()) for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    return [each for each in told if each not in own]
