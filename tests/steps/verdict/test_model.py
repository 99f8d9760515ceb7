"""The content of verdict.json: its schema, what it is read from, and its texts."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from steps.diagnoses.ids import Diagnosis
from steps.paths import ROOT
from steps.suite.deviation import Deviation
from steps.verdict.__main__ import schema
from steps.verdict.model import Verdict
from tests.steps.reporting.verdicts import failed, verdict, waived

NO_GO = verdict(
    failed("LAM-01", "19", Deviation(Diagnosis.ENVIRONMENT_VARIABLE_MISSING, "CHUNK_SIZE")),
    failed("LOG-02"),
    waivers={"LOG-02": waived()},
    discrepancies=[{"record": None, "user": "U00001", "fate": "lost", "stores": {"csv": [1, 2], "aurora": None}}],
    notes=["a note"],
)


def test_the_documented_schema_is_that_of_the_model():
    assert json.loads((ROOT / "docs" / "verdict.schema.json").read_text("utf-8")) == schema()


@pytest.mark.parametrize("told", [verdict(), NO_GO])
def test_a_verdict_keeps_its_schema_and_is_read_as_it_was_written(told: Verdict):
    jsonschema.validate(json.loads(told.to_json()), schema())
    assert Verdict.from_json(told.to_json()) == told
    assert Verdict.from_json(told.to_json()).to_json() == told.to_json()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schema": 2}, "^schema: Input should be 1$"),
        ({"verdict": "FINE"}, "^verdict: Input should be 'GO', 'NO-GO' or 'UNKNOWN'$"),
        ({"exit": 3}, "^exit: "),
        ({"other": 1}, "^other: Extra inputs are not permitted$"),
        ({"items": {"INF-01": {}}}, r"^items\.INF-01\.status: Field required; .*; and 6 more$"),
        ({"notes": "none"}, "^notes: "),
    ],
)
def test_another_content_is_refused_in_few_words(changes: dict[str, Any], says: str):
    told = json.loads(verdict().to_json()) | changes
    with pytest.raises(ValueError, match=says):
        Verdict.from_json(json.dumps(told))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, schema())


def test_a_change_of_its_texts_leaves_the_words_of_the_contract():
    told = NO_GO.with_texts(lambda _: {} if isinstance(_, dict) else "***")
    line, (diagnosis, *_) = told.items["LOG-02"], told.diagnoses
    assert (told.verdict, line.status, told.scope, told.started) == ("NO-GO", "failed", NO_GO.scope, NO_GO.started)
    assert line.waived is not None
    texts = (line.reason, line.waived.who, line.scenarios[0].id, told.run.key, told.target, told.notes[0])
    assert {*texts, diagnosis.cause.ja, diagnosis.evidence[0], told.discrepancies[0].user} == {"***"}
    assert told.discrepancies[0].stores == {}
