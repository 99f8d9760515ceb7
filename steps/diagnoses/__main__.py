"""`python -m steps.diagnoses` prints the list of diagnoses as in docs/diagnoses.md."""

from __future__ import annotations

from collections.abc import Mapping

from steps.diagnoses.catalogue import Explanation, read
from steps.diagnoses.ids import Diagnosis

_HEAD = """# Diagnoses

Why a line is NO. `verdict.json` and the terminal name them best first: those higher up in this list are root causes,
those further down follow from them, and what is merely usual for a failed line comes after what a check has found. Ids
are added, never renamed. Replace the names in {braces}.

項目がNOになる理由の一覧。`verdict.json` と端末には有力な順に示す。この一覧の上にあるものほど根本原因で、
下にあるものはその結果である。失敗した項目によくあるというだけのものは、検査が見つけたものの後に示す。
IDは追加するだけで、変更しない。{波かっこ}の中は読者が置き換える。

Written by `python -m steps.diagnoses > docs/diagnoses.md` from
[steps/diagnoses/catalogue.toml](../steps/diagnoses/catalogue.toml).
"""


def document(catalogue: Mapping[Diagnosis, Explanation]) -> str:
    """Return the list as Markdown, with a section for each diagnosis."""
    sections = (
        f"## {id}\n{found.cause.en}\n\n{found.cause.ja}\n\n- {found.remedy.en}\n- {found.remedy.ja}\n"
        for id, found in catalogue.items()
    )
    return "\n".join([_HEAD, *sections])


if __name__ == "__main__":
    print(document(read()), end="")
