"""Environment variables of the caller that alter AWS clients, libpq, Python or proxies, and how to remove them.

Functions that take an environment return the one to use in its place.
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
"""Prefixes of the variables that configure boto3, the AWS command line and libpq."""
_NO_FILES = {
    # Clients read ~/.aws/config unless a variable names another file, and it may be malformed.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "BOTO_CONFIG": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_KEYS = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    *("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION"),
)
"""Variables in which a client looks for credentials first."""
_OF_PYTHON = (
    *("PYTHONHOME", "PYTHONPLATLIBDIR", "PYTHONUSERBASE", "PYTHONNOUSERSITE"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
)
"""Variables that locate Python and its packages and control bytecode files; all others alter Python's behaviour."""
_OF_A_PROCESS = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TEMP", "TMP")
_OF_THE_LOADER = ("LD_", "DYLD_")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_RUN = (
    "import os, runpy, sys; root, added, module = sys.argv[1:4]; del sys.argv[1:4]; "
    "sys.path.insert(0, root); sys.path += filter(None, added.split(os.pathsep)); "
    "runpy.run_module(module, run_name='__main__', alter_sys=True)"
)


def isolated(environment: Mapping[str, str]) -> dict[str, str]:
    """Removes all configuration of AWS clients and libpq, and exempts the loopback from proxies."""
    kept = {name: value for name, value in environment.items() if not name.startswith(CLIENTS)}
    return {**kept, **_NO_FILES, **unproxied(environment)}


def stripped(environment: Mapping[str, str]) -> dict[str, str]:
    """Keeps only the variables that any process needs, for a process configured by its command line."""
    needed = (*_OF_A_PROCESS, *_OF_PYTHON)
    kept = {name: value for name, value in environment.items() if name in needed or name.startswith(_OF_THE_LOADER)}
    return {**kept, **_NO_FILES, "TZ": "UTC", "PYTHONUTF8": "1"}


def for_python(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment for a Python that uses UTF-8 and otherwise its defaults."""
    kept = {name: value for name, value in environment.items() if not name.startswith("PYTHON") or name in _OF_PYTHON}
    return {**kept, "PYTHONUTF8": "1"}


def led(environment: Mapping[str, str], exports: Mapping[str, str]) -> dict[str, str]:
    """Adds `exports`, exempts their endpoint from proxies, and drops other credentials if they have an access key."""
    keyed = "AWS_ACCESS_KEY_ID" in exports
    kept = {name: value for name, value in environment.items() if not (keyed and name in _KEYS)}
    return {**kept, **unproxied(environment, exports.get("AWS_ENDPOINT_URL", "")), **exports}


def unproxied(environment: Mapping[str, str], url: str = "") -> dict[str, str]:
    """Returns the no_proxy variables, extended by the loopback and the host of `url`."""
    told = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    hosts = [*told.replace(" ", "").split(","), *_LOOPBACK, urlsplit(url).hostname or ""]
    # Some programs read only the upper-case name, some only the lower-case one.
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(dict.fromkeys(filter(None, hosts))))


def adopt(environment: Mapping[str, str]) -> None:
    """Replaces the environment of this process by `environment`."""
    os.environ.clear()
    os.environ.update(environment)


def python(module: str) -> list[str]:
    """Returns the command that runs `module` of this project, with PYTHONPATH's folders last on sys.path."""
    return [sys.executable, "-P", "-c", _RUN, str(ROOT), os.pathsep.join(_added()), module]


def shadow_nothing() -> dict[str, str]:
    """Moves PYTHONPATH's folders to the end of sys.path; returns standard modules loaded from them (name: file)."""
    added = _added()
    sys.path[:] = [each for each in sys.path if str(Path(each).resolve()) not in added] + added
    of_python = {name: module for name, module in sys.modules.items() if added and name in sys.stdlib_module_names}
    files = [(name, str(getattr(module, "__file__", ""))) for name, module in of_python.items()]
    return {name: file for name, file in files if any(Path(file).is_relative_to(each) for each in added)}


def _added() -> list[str]:
    own = {str(Path(each).resolve()) for each in (str(ROOT), *sysconfig.get_paths().values())}
    told = [str(Path(each).resolve()) for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    return [each for each in told if each not in own]
