"""The same seed draws the same faults, and each of them strikes at a moment that there is."""

import re

from steps.drivers.names import Names
from steps.robustness.fault_points import CALLS, call_pattern
from steps.robustness.random_faults import draw_faults

NAMES = Names("000000000000")
PROCESSOR = NAMES.named("processor")


def test_a_seed_draws_the_same_faults_however_many_are_drawn():
    assert draw_faults(7, 40)[:3] == draw_faults(7, 3)
    assert draw_faults(7, 3) != draw_faults(8, 3)


def test_a_draw_says_all_that_it_takes_to_make_it():
    for draw in draw_faults(7, 40):
        told = [f"{draw.number}. ", f"{draw.records} records", draw.moment, draw.effect, *map(str, draw.refusal or ())]
        assert [part for part in told if part not in str(draw)] == []


def test_every_moment_and_every_effect_is_drawn_in_the_end():
    found = draw_faults(1, 3000)
    assert {re.sub(r"\d+", "{chunk}", draw.moment) for draw in found} == set(CALLS)
    assert {draw.effect for draw in found} > {"refused", "answer lost", "dies after", "cut after", "restart", "stopped"}
    assert all(draw.refusal[1] >= 500 for draw in found if draw.refusal and draw.effect == "answer lost")


def test_each_moment_drawn_has_its_pattern():
    for draw in draw_faults(2, 300):
        chunks = range(1, draw.chunks + 1)
        found = call_pattern(
            draw.moment,
            NAMES,
            file="a.csv",
            first_byte={n: 100 * n for n in chunks},
            user={n: f"U9{n:04d}" for n in chunks},
        )
        assert re.compile(found)
        assert not re.search(r"\{[a-z]", found)


def test_a_chunk_is_told_from_those_whose_number_begins_like_its_own():
    first_byte, user = {1: 41, 11: 410}, {1: "U90001", 11: "U90011"}
    reading, invoking = (
        call_pattern(f"{call} chunk 1", NAMES, file="a+b.csv", first_byte=first_byte, user=user)
        for call in ("reading", "invoking")
    )
    assert re.search(reading, f"{PROCESSOR} s3 GET /bucket/incoming/a+b.csv?versionId=x bytes=41-99 ")
    assert not re.search(reading, f"{PROCESSOR} s3 GET /bucket/incoming/a+b.csv?versionId=x bytes=410-999 ")
    assert not re.search(invoking, f'lambda POST /{PROCESSOR}/invocations {{"chunk": 11}}')


def test_a_commit_is_told_from_what_merely_speaks_of_one():
    committing = call_pattern("committing a chunk", NAMES, file="a.csv", first_byte={1: 41}, user={1: "U90001"})
    assert re.search(committing, f"{PROCESSOR} postgresql Q\0\0\0\x0bCOMMIT\0")
    assert not re.search(committing, f"{PROCESSOR} postgresql CREATE TEMP TABLE staging () ON COMMIT DROP\0")


def test_the_patterns_follow_the_configured_names():
    names = Names("000000000000", environment="stage", others={"processor": "{environment}-adder.v1"})
    invoking = call_pattern("invoking chunk 1", names, file="a.csv", first_byte={1: 41}, user={1: "U90001"})
    assert re.search(invoking, 'lambda POST /2015-03-31/functions/stage-adder.v1/invocations {"chunk": 1}')
    assert not re.search(invoking, f'lambda POST /{PROCESSOR}/invocations {{"chunk": 1}}')
    connecting = call_pattern("connecting", names, file="a.csv", first_byte={1: 41}, user={1: "U90001"})
    assert re.search(connecting, "stage-adder.v1 postgresql application_name")
