"""Stores the outcomes on disk, so that an interrupted run can be resumed, and shows them as an HTML page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from defects.catalogue_reader import Defect
from defects.outcome import NO, Outcome, Tally
from steps.paths import ROOT

_JUDGES = ("conftest.py", "features", "local_aws", "defects", "sql", "steps", "system_under_test")
_SUFFIXES = {".feature", ".json", ".py", ".sql", ".toml", ".yaml", ".csv", ".lock"}


class Results:
    """Outcomes in `file`, one line of JSON each; those of other sources or of a changed defect are ignored."""

    def __init__(self, file: Path, defects: Mapping[str, Defect]) -> None:
        self._file = file
        self._keys = {name: _key(defect) for name, defect in defects.items()}

    def read(self) -> dict[str, Outcome]:
        """Return the last outcome of each defect, in the catalogue's order."""
        lines = self._file.read_text("utf-8").splitlines() if self._file.is_file() else []
        told = [each for line in lines if (each := _whole(line))]
        found = {each["defect"]: each for each in told if each.pop("key") == self._keys.get(each["defect"])}
        return {name: Outcome(**found[name]) for name in self._keys if name in found}

    def add(self, outcome: Outcome) -> None:
        """Append an outcome to the file at once."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            # Begin with the line break, since the last line has none if it was cut off.
            file.write("\n" + json.dumps({"key": self._keys[outcome.defect], **asdict(outcome)}))


def _whole(line: str) -> dict[str, Any] | None:
    """Parse a line; None if it is blank or was only written in part."""
    try:
        return dict(json.loads(line))
    except ValueError:
        return None


def _key(defect: Defect) -> str:
    return hashlib.sha256(f"{judges()} {defect.model_dump_json()}".encode()).hexdigest()[:16]


@cache
def judges() -> str:
    """A digest of all sources that can affect an outcome."""
    digest = hashlib.sha256()
    for name in _JUDGES:
        top = ROOT / name
        for file in sorted([top] if top.is_file() else top.rglob("*")):
            if file.suffix in _SUFFIXES and "__pycache__" not in file.parts:
                digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


_STYLE = """
:root { color-scheme: light dark; --no: #b3261e; --named: #7a0c06; --rest: #c9c9c9; --ok: #1b6e3c }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
.scroll { overflow: auto; max-height: 80vh; border: 1px solid #8886 }
table { border-collapse: collapse; font-size: 12px }
th, td { padding: 1px 4px; border: 1px solid #8883; text-align: left; white-space: nowrap }
thead th { position: sticky; top: 0; background: Canvas; writing-mode: vertical-rl; font-weight: 500; z-index: 1 }
tbody th { position: sticky; left: 0; background: Canvas; font-weight: 500 }
td.no { background: #e9a29d; color: #3b0502; text-align: center } td.named { background: var(--named); color: #fff }
td.rest { color: var(--rest); text-align: center }
.survived th { background: #fbe3a2; color: #3a2a00 } .said { font-weight: 400 }
@media (prefers-color-scheme: dark) {
  td.no { background: #7c2a25; color: #ffe9e7 } td.named { background: #ff8a80; color: #300 }
}
"""


def write(
    file: Path,
    defects: Mapping[str, Defect],
    outcomes: Mapping[str, Outcome],
    found: Tally,
    lines: list[str],
    *,
    figures: str,
    proven_elsewhere: Mapping[str, str],
) -> None:
    """Write the HTML page; `lines`: those of the checklist, in order; `figures`: text shown below those of `found`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    elsewhere = [f"{id}: {why}" for id, why in proven_elsewhere.items()]
    file.write_text(_page(defects, outcomes, found, lines, figures, elsewhere), "utf-8")


def _page(
    defects: Mapping[str, Defect],
    outcomes: Mapping[str, Outcome],
    found: Tally,
    lines: list[str],
    figures: str,
    elsewhere: list[str],
) -> str:
    order = sorted((name for name in defects if name in outcomes), key=lambda name: name not in found.survivors)
    head = "".join(f'<th scope="col">{id}</th>' for id in lines)
    rows = "\n".join(_row(name, defects[name], outcomes[name], lines) for name in order)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Kill matrix</title><style>{_STYLE}</style>
<main>
<h1>{found}</h1>
<p>{escape(figures)}</p>
{_list("Survivors", found.survivors, "None: every defect was noticed.")}
{_list("Diagnosed as something else", [_said(defects[n], outcomes[n], n) for n in found.misdiagnosed], "None.")}
{_list("Lines that nothing turned red", found.never_red, "None.")}
{_list("Lines that were never the first to turn red", found.never_first, "None.")}
{_list("Lines about the suite itself, proven in its tests", elsewhere, "None.")}
<h2>Defect by line of the checklist</h2>
<p>Dark: a line that has to notice the defect, and did. Light: another line that was NO.
A dot: broken or not checked.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Defect by line"><table>
<thead><tr><th scope="col">defect</th><th scope="col">s</th>{head}</tr></thead>
<tbody>
{rows}
</tbody></table></div>
</main>
</html>
"""


def _row(name: str, defect: Defect, outcome: Outcome, lines: list[str]) -> str:
    survived = "" if outcome.noticed(defect) else ' class="survived"'
    title = escape(f"{defect.what} {defect.how}", quote=True)
    cells = "".join(_cell(outcome.statuses.get(id), id in defect.items) for id in lines)
    return (
        f'<tr{survived}><th scope="row" title="{title}">{escape(name)}</th><td>{outcome.seconds:.0f}</td>{cells}</tr>'
    )


def _cell(status: str | None, named: bool) -> str:
    if status == NO:
        return f'<td class="no{" named" if named else ""}">NO</td>'
    return '<td class="rest">·</td>' if status else "<td></td>"


def _list(title: str, names: list[str], none: str) -> str:
    body = "<ul>" + "".join(f"<li>{escape(name)}</li>" for name in names) + "</ul>" if names else f"<p>{none}</p>"
    return f"<h2>{title} ({len(names)})</h2>{body}"


def _said(defect: Defect, outcome: Outcome, name: str) -> str:
    return f"{name}: {outcome.first or 'nothing'}, not {defect.diagnosis}"
