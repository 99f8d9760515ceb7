"""The kill matrix as a page: survivors on top, each defect by each item, and what nothing turns red."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

from mutants.catalogue import Defect
from mutants.judging import NO, Outcome, Tally

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
    """Writes the page; `lines` are the checklist's, in order; `figures` stand beside those of `found`."""
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
