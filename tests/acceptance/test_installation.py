"""The suite can be installed and then works from any folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.acceptance.conftest import ROOT, environment

COMMAND = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from csv_acceptance_suite.tools.csv_acceptance import main; sys.exit(main())"
)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )


def test_an_installed_suite_reports_into_the_folder_where_it_is_started(tmp_path: Path):
    site, folder = tmp_path / "site", tmp_path / "folder"
    folder.mkdir()
    pip = ("-m", "pip", "install", "-q", "--no-deps", f"--target={site}", str(ROOT))
    installed = run(folder, *pip)
    assert installed.returncode == 0, installed.stderr
    script = "csv-acceptance = csv_acceptance_suite.tools.csv_acceptance:main"
    assert script in next(site.glob("*.dist-info/entry_points.txt")).read_text("utf-8")
    asked = ("--item=AUR-03", "--reports", "found", "--junitxml=junit.xml")
    done = run(folder, "-c", COMMAND, str(site), *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    verdict = json.loads((folder / "found" / "partial" / "verdict.json").read_text("utf-8"))
    assert (verdict["items"]["AUR-03"]["status"], verdict["suite"]["commit"]) == ("passed", None)
    assert (folder / "junit.xml").is_file()
    help_ = run(folder, "-c", COMMAND, str(site), "sheet", "--help")
    assert help_.returncode == 0, help_.stderr
