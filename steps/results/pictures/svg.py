"""The SVG shapes that the pictures are made of."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

GOOD, BAD, UNUSUAL, OTHER = "#1a7f4b", "#c62828", "#b26a00", "#7c93b2"
INK, FAINT, LINE, PAPER = "#1f2937", "#667085", "#d0d5dd", "#ffffff"
_FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans JP', 'Hiragino Sans', sans-serif"


def picture(width: float, height: float, title: str, shapes: Iterable[str]) -> str:
    """An SVG with a background of its own, so that it is readable on a dark page too."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" font-family="{_FONT}">\n<title>{escape(title)}</title>\n'
        f'<rect width="{width:g}" height="{height:g}" rx="8" fill="{PAPER}"/>\n'
        + text(20, 30, title, size=15, bold=True)
        + "\n".join(shapes)
        + "\n</svg>\n"
    )


def text(
    x: float, y: float, words: str, *, size: float = 12, ink: str = INK, bold: bool = False, anchor: str = "start"
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{ink}" text-anchor="{anchor}"{weight}>'
        f"{escape(words)}</text>"
    )


def box(
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    fill: str,
    line: str = "none",
    round: float = 6,
    dashed: bool = False,
    says: str = "",
) -> str:
    """A rectangle; `says` is its tooltip."""
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    label = f"<title>{escape(says)}</title>" if says else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{round:g}" '
        f'fill="{fill}" stroke="{line}"{dashes}>{label}</rect>'
    )


def line(x1: float, y1: float, x2: float, y2: float, *, ink: str = LINE, dashed: bool = False, wide: float = 1) -> str:
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{ink}" stroke-width="{wide:g}"{dashes}/>'


def arrow(x: float, y1: float, y2: float, *, ink: str = FAINT) -> str:
    """A downward arrow."""
    head = (
        f'<path d="M{x - 4:.1f} {y2 - 6:.1f} L{x:.1f} {y2:.1f} L{x + 4:.1f} {y2 - 6:.1f}" fill="none" stroke="{ink}"/>'
    )
    return line(x, y1, x, y2, ink=ink) + head
