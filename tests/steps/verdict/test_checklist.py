"""The checklist as it is kept, and how a malformed one is refused."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from steps.verdict import checklist
from steps.verdict.checklist import Item, MalformedChecklist
from steps.verdict.words import Words

LINES = checklist.read()

ORIGINAL = dict(
    re.findall(
        r"(\S+) (\S+)",
        """
    INF-01 4cb67b2f  INF-02 4577084e  INF-03 401c6abd  INF-04 5c940dfd  LAM-01 e889acf8  LAM-02 ab29cbc5
    LAM-03 bc0c0d65  LAM-04 dba4f0a2  EVB-01 f9f02ba9  EVB-02 03fa138d  EVB-03 d6f154ef  DAT-01 d790ef1b
    DAT-02 7621e7d3  DAT-03 df4f05ac  DAT-04 570b4fbe  DAT-05 df95ec1c  DAT-06 7a057150  DAT-07 46417928
    DAT-08 c9355e33  DAT-09 2df1df82  FIL-01 9ec67b1b  FIL-02 7a1e9923  FIL-03 2a607284  KNO-01 a59b8846
    KNO-02 4aa85ac2  KNO-03 0dea2b4f  KNO-04 8ee34cbb  PHS-01 d2c9467b  PHS-02 d6111752  PHS-03 578ed30f
    PHS-04 4f8f18d9  GAT-01 ad7d3d73  RUN-01 12f5ed61  RUN-02 069d4bcd  SFN-01 796eb2e3  SFN-02 2bdf6df8
    SFN-03 4c175c97  AUR-01 095d4d24  AUR-02 68ef68ad  AUR-03 7adb4c44  DDB-01 a1fa04bb  DDB-02 81d9a9b5
    DDB-03 cd200a33  LOG-01 56a0b4c4  LOG-02 0994cda3  LOG-03 57545ef6  LOG-04 42d1f3c2  LOG-05 d6375d1c
    LOG-06 d8b49385  LOG-07 338fdd9e  PRF-01 9c4c4f08  PRF-02 ce6dbd4b  PRF-03 9eeff66a  RSK-01 72a80171
    RSK-02 4f75c62e  RSK-03 d5181280  CTM-01 1d2cf3e5  CTM-02 719c767a  CTM-03 fd6b3443  MON-01 19ac383e
    MON-02 93bc44d9  MON-03 7b2420e9  PST-01 4df14f95  PST-02 884d6675  PST-03 dd8f89bc
""",
    )
)
"""The lines of the original in its order, each with a digest of what it says: the words are the team's own."""


def test_every_line_of_the_original_is_there_and_says_what_it_said():
    assert list(LINES) == list(ORIGINAL)
    assert [id for id, item in LINES.items() if digest(item) != ORIGINAL[id]] == []


def digest(item: Item) -> str:
    return sha256("|".join((item.phase, item.ja, item.en)).encode()).hexdigest()[:8]


def test_the_schedule_says_how_long_each_phase_takes_by_hand():
    timed = {id: item.by_hand_minutes for id, item in LINES.items() if item.by_hand_minutes}
    assert timed == {"PHS-01": (60, 120), "PHS-02": (30, 30), "PHS-03": (30, 30), "PHS-04": (60, 60)}


def entry(**changes: Any) -> dict[str, Any]:
    """A good entry but for `changes`; None takes a field away."""
    words = {"ja": "原因", "en": "cause"}
    good = {
        "id": "AUR-01",
        "phase": "success",
        "ja": "行",
        "en": "line",
        "cause": words,
        "risk": words,
        "remedy": words,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {toml(each)}" for name, each in value.items()) + "}"
    return json.dumps(value)


def faults(folder: Path, *entries: dict[str, Any], more: str = "") -> list[str]:
    """Return the faults for which a file of these entries is refused."""
    file = folder / "checklist.toml"
    tables = ("\n".join(f"{json.dumps(name)} = {toml(value)}" for name, value in entry.items()) for entry in entries)
    file.write_text(more + "".join(f"\n[[item]]\n{table}\n" for table in tables), "utf-8")
    try:
        checklist.read(file)
    except MalformedChecklist as refused:
        first, *evidence, remedy = str(refused).splitlines()
        assert str(file) in first
        assert remedy.startswith("  remedy: ")
        return [line.removeprefix("  evidence: ") for line in evidence]
    return []


def test_a_good_entry_is_read(tmp_path: Path):
    file = tmp_path / "checklist.toml"
    file.write_text(
        "[[item]]\n"
        'id = "PHS-02"\nphase = "schedule"\nja = "行"\nen = "line"\nby_hand_minutes = [30, 45]\n'
        'cause = {ja = "原因", en = "cause"}\nrisk = {ja = "影響", en = "risk"}\n'
        'remedy = {ja = "対処", en = "remedy"}\n',
        "utf-8",
    )
    cause, risk, remedy = Words("原因", "cause"), Words("影響", "risk"), Words("対処", "remedy")
    item = Item("PHS-02", "schedule", "行", "line", cause, risk, remedy, by_hand_minutes=(30, 45))
    assert checklist.read(file) == {"PHS-02": item}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": None}, "item 1: id is missing, empty or no text"),
        ({"en": ""}, "AUR-01: en is missing, empty or no text"),
        ({"ja": 7}, "AUR-01: ja is missing, empty or no text"),
        ({"cause": {"ja": "原因"}}, "AUR-01: cause.en is missing, empty or no text"),
        ({"remedy": {"ja": " ", "en": "do"}}, "AUR-01: remedy.ja is missing, empty or no text"),
        ({"risk": {"ja": "影響", "en": "risk", "fr": "risque"}}, "AUR-01: risk.fr is unknown"),
        ({"casue": {"ja": "原因"}}, "AUR-01: casue is unknown"),
        ({"phase": "after"}, "AUR-01: phase 'after' is none of precondition, run, success"),
        ({"diagnosis": "records-gone"}, "AUR-01: diagnosis 'records-gone' is not in steps/diagnoses/catalogue.toml"),
        ({"phase": "schedule"}, "AUR-01: by_hand_minutes belongs to every item of the schedule, and to no other"),
        ({"by_hand_minutes": [1, 2]}, "AUR-01: by_hand_minutes belongs to every item of the schedule, and to no other"),
        ({"phase": "schedule", "by_hand_minutes": [60, 30]}, "AUR-01: by_hand_minutes is [60, 30], not two whole numb"),
        ({"phase": "schedule", "by_hand_minutes": "1 h"}, "AUR-01: by_hand_minutes is '1 h', not two whole numbers"),
    ],
)
def test_a_fault_is_named_with_its_entry(tmp_path: Path, changes: dict[str, Any], says: str):
    (fault,) = faults(tmp_path, entry(**changes))
    assert fault.startswith(says)


def test_every_fault_is_named_at_once(tmp_path: Path):
    named = faults(
        tmp_path, entry(en=None), entry(phase="after"), entry(id=None), entry(id="B", cause="x"), more="title = 'x'\n"
    )
    assert named == [
        "unknown beside [[item]]: title",
        "AUR-01 is there 2 times",
        "AUR-01: en is missing, empty or no text",
        f"AUR-01: phase 'after' is none of {', '.join(checklist.PHASES)}",
        "item 3: id is missing, empty or no text",
        "B: cause is missing, empty or no text",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there is no [[item]]"),
        ("item = 3", "there is no [[item]]"),
        ('[[itme]]\nid = "AUR-01"', "unknown beside [[item]]: itme"),
        ("[[item]]\nid = AUR-01", "Invalid value"),
    ],
)
def test_a_file_that_is_no_checklist_is_refused_with_the_reason(tmp_path: Path, text: str, says: str):
    file = tmp_path / "checklist.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(MalformedChecklist) as refused:
        checklist.read(file)
    assert f"  evidence: {says}" in str(refused.value)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path):
    file = tmp_path / "checklist.toml"
    file.write_bytes('[[item]]\nja = "行"\n'.encode("shift_jis"))
    with pytest.raises(MalformedChecklist, match="'utf-8' codec can't decode"):
        checklist.read(file)
