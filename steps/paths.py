"""The project's folders, and files that readers see whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FEATURES = ROOT / "features"
FOLDER = Path(os.environ.get("CSV_ACCEPTANCE_FOLDER", ROOT))
"""The folder with reports and waivers: the project, or the one in which an installed command was started."""
REPORTS = FOLDER / "reports"


def write_atomically(file: Path, text: str) -> None:
    """Write `text` in UTF-8 to a draft beside `file`, then replace `file` by it; raises OSError."""
    draft = file.with_name(f"{file.name}.tmp")
    draft.write_text(text, "utf-8")
    draft.replace(file)
