"""The statement of an attestation, its signature, and the check that it still holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as ecdsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from commands.verify import REFUSED, STALE, VALID, verify
from steps.attestation.envelope import NotSigned, load_signer, open_envelope
from steps.attestation.statement import compare_deployment, compare_sources, make_statement
from steps.verdict.model import Verdict
from steps.verdict.verdict import FAILED, Scenario
from tests.steps.reporting import verdicts as sessions

SOURCES = {"template.yaml": "aa", "package SplitterFunction": "bb"}
MACHINE = "arn:aws:states:ap-northeast-1:526636471122:stateMachine:machine"
DEPLOYED = {MACHINE: {"definition": "cc", "revision": "1"}}
KEYS: dict[str, Callable[[], Any]] = {
    "Ed25519": Ed25519PrivateKey.generate,
    "ECDSA": lambda: ecdsa(SECP256R1()),
    "RSA": lambda: rsa(65537, 3072),
}


def verdict(**statuses: Any) -> Verdict:
    """A verdict on these lines and INF-01, which passed; a status of `waived` is a NO that is waived."""
    lines = {name.replace("_", "-"): status for name, status in statuses.items()}
    scenarios = [Scenario(id, [id], FAILED if status == "waived" else status) for id, status in lines.items()]
    waived = {id: sessions.waived() for id, status in lines.items() if status == "waived"}
    return sessions.verdict(*scenarios, waivers=waived, passing=["INF-01"])


GO = verdict()


def stated(of: Verdict = GO) -> dict[str, Any]:
    return make_statement(of, SOURCES, DEPLOYED, verdict_sha256="ee", url=None)


def write_keys(key: Any, folder: Path) -> tuple[Path, Path]:
    """A private and its public key, as PEM files."""
    private, public = folder / "key.pem", folder / "key.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture(params=KEYS)
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    return write_keys(KEYS[request.param](), tmp_path)


@pytest.mark.parametrize(
    ("judged", "result", "warned", "failed"),
    [
        (verdict(), "PASSED", [], []),
        (verdict(EVB_01="waived"), "WARNED", ["EVB-01"], []),
        (verdict(EVB_01="failed"), "FAILED", [], ["EVB-01"]),
        (verdict(EVB_01="failed", DAT_01="waived"), "FAILED", ["DAT-01"], ["EVB-01"]),
        (verdict(EVB_01="not-checked"), "FAILED", [], ["EVB-01"]),
    ],
)
def test_go_is_passed_a_waiver_warns_and_anything_else_is_failed(judged, result, warned, failed):
    predicate = stated(judged)["predicate"]
    assert (predicate["result"], predicate["warnedTests"], predicate["failedTests"]) == (result, warned, failed)
    assert predicate["passedTests"] == ["INF-01"]


def test_every_source_the_verdict_and_what_is_deployed_are_in_it():
    found = stated()
    assert {each["name"]: each["digest"]["sha256"] for each in found["subject"]} == {**SOURCES, "verdict.json": "ee"}
    assert found["predicate"]["deployed"] == DEPLOYED


def test_alterations_of_a_session_are_attested():
    altered = GO.model_copy(update={"altered_by": ["--no-gate"]})
    assert stated(altered)["predicate"]["altered_by"] == ["--no-gate"]
    assert "altered_by" not in stated(GO.model_copy(update={"altered_by": []}))["predicate"]


def test_what_has_changed_is_named():
    assert compare_sources(stated(), SOURCES) == []
    now = {"template.yaml": "a new one", "package ProcessorFunction": "bb"}
    assert compare_sources(stated(), now) == [
        "template.yaml has changed: sha256",
        "package SplitterFunction is not there any more",
        "package ProcessorFunction was not there",
    ]
    assert compare_deployment(stated(), DEPLOYED) == []
    assert compare_deployment(stated(), {MACHINE: {"definition": "cc", "revision": "2"}}) == [
        f"{MACHINE} has changed: revision"
    ]


def test_a_signed_statement_opens_by_its_key_alone(keys: tuple[Path, Path], tmp_path: Path):
    private, public = keys
    envelope = load_signer(private)(stated())
    assert open_envelope(envelope, public) == stated()
    (tmp_path / "other").mkdir()
    _, other = write_keys(Ed25519PrivateKey.generate(), tmp_path / "other")
    with pytest.raises(NotSigned, match="is not signed by"):
        open_envelope(envelope, other)
    with pytest.raises(NotSigned, match="is not signed by"):
        open_envelope(envelope | {"payload": load_signer(private)(stated(verdict(EVB_01="failed")))["payload"]}, public)


def test_a_bare_statement_is_not_signed(keys: tuple[Path, Path]):
    assert open_envelope(stated(), None) == stated()
    with pytest.raises(NotSigned, match="not signed at all"):
        open_envelope(stated(), keys[1])


def test_a_key_that_is_none_is_said_to_be(tmp_path: Path):
    with pytest.raises(NotSigned, match="cannot sign"):
        load_signer(tmp_path / "nowhere.pem")


@pytest.fixture
def attestation(tmp_path: Path) -> Path:
    """The attestation of a GO in a file, with its verdict.json beside it."""
    return attested(tmp_path, sessions.verdict())


def attested(folder: Path, judged: Verdict, **changes: Any) -> Path:
    """A statement of this verdict, with `changes` in its predicate, in a file beside the verdict."""
    (folder / "verdict.json").write_text(judged.to_json(), "utf-8")
    digest = hashlib.sha256((folder / "verdict.json").read_bytes()).hexdigest()
    told = make_statement(judged, SOURCES, DEPLOYED, verdict_sha256=digest, url=None)
    told["predicate"] |= changes
    file = folder / "attestation.json"
    file.write_text(json.dumps(told), "utf-8")
    return file


def test_an_attestation_holds_until_something_changes(attestation: Path):
    code, said = verify(attestation, None, lambda told: compare_sources(told, SOURCES))
    ended = json.loads(attestation.with_name("verdict.json").read_text("utf-8"))["ended"]
    assert (code, said) == (VALID, f"VALID: GO (PASSED) on aws-dev, account 123456789012, of {ended}, unsigned")
    code, said = verify(attestation, None, lambda told: compare_sources(told, SOURCES | {"template.yaml": "zz"}))
    assert code == STALE
    assert ", unsigned." in said
    assert "evidence: template.yaml has changed" in said


def test_another_verdict_beside_it_is_not_the_one_attested(attestation: Path):
    attestation.with_name("verdict.json").write_text("{}")
    code, said = verify(attestation, None, lambda _: [])
    assert code == STALE
    assert "is not the verdict that is attested" in said


NO_GO = sessions.verdict(sessions.failed("EVB-01"))
WAIVED = sessions.verdict(sessions.failed("EVB-01"), waivers={"EVB-01": sessions.waived()})


@pytest.mark.parametrize(
    ("judged", "word"),
    [(sessions.verdict(), "GO (PASSED)"), (NO_GO, "NO-GO (FAILED)"), (WAIVED, "GO (WARNED)")],
)
@pytest.mark.parametrize("is_beside", [True, False])
def test_the_attestation_of_a_session_does_not_contradict_itself(tmp_path: Path, judged, word: str, is_beside: bool):
    file = attested(tmp_path, judged)
    if not is_beside:
        file.with_name("verdict.json").unlink()
    code, said = verify(file, None, lambda _: [])
    assert code == VALID, said
    assert said.startswith(f"VALID: {word} on ")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"verdict": "GO"}, "the result is FAILED, and by its verdict, GO, it is PASSED"),
        ({"result": "PASSED"}, "the result is PASSED, and by its verdict, NO-GO, it is FAILED"),
        ({"verdict": "GO", "result": "PASSED"}, "the verdict is GO, and 1 of its lines failed"),
        ({"failedTests": []}, "the verdict is NO-GO, and 0 of its lines failed"),
        ({"verdict": "GO", "result": "PASSED", "failedTests": [], "passedTests": []}, "and no line passed"),
        ({"verdict": "FINE"}, "the verdict is FINE, which is none of GO, NO-GO, UNKNOWN"),
        ({"warnedTests": ["EVB-01"]}, "EVB-01 is listed 2 times"),
    ],
)
def test_a_statement_that_contradicts_itself_is_refused(tmp_path: Path, changes: dict[str, Any], says: str):
    file = attested(tmp_path, NO_GO, **changes)
    file.with_name("verdict.json").unlink()
    assert_refused(file, says)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"verdict": "GO", "result": "PASSED", "failedTests": []},
            'verdict is "GO", and by verdict.json it is "NO-GO"',
        ),
        ({"ended": "2030-01-01"}, 'ended is "2030-01-01", and by verdict.json it is "20'),
        ({"account": "000000000000"}, 'account is "000000000000", and by verdict.json it is "123456789012"'),
    ],
)
def test_a_statement_that_contradicts_its_verdict_is_refused(tmp_path: Path, changes: dict[str, Any], says: str):
    assert_refused(attested(tmp_path, NO_GO, **changes), says)


ITEMS = NO_GO.data()["items"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"verdict": "GO", "exit": 0}, "the verdict is GO, exit 0, and its lines come to NO-GO, exit 1"),
        ({"exit": 0}, "the verdict is NO-GO, exit 0, and its lines come to NO-GO, exit 1"),
        ({"complete": False}, "its lines come to UNKNOWN, exit 6"),
        (
            {"items": {**ITEMS, "EVB-01": {**ITEMS["EVB-01"], "status": "passed"}}},
            "EVB-01 is passed, and its scenarios came to failed",
        ),
    ],
)
def test_a_verdict_that_contradicts_itself_is_refused(tmp_path: Path, changes: dict[str, Any], says: str):
    file = attested(tmp_path, NO_GO)
    told, judged = json.loads(file.read_text("utf-8")), json.dumps({**NO_GO.data(), **changes})
    file.with_name("verdict.json").write_text(judged, "utf-8")
    told["subject"][-1]["digest"]["sha256"] = hashlib.sha256(judged.encode()).hexdigest()
    file.write_text(json.dumps(told), "utf-8")
    assert_refused(file, says)


def test_a_second_digest_of_one_subject_is_refused(attestation: Path):
    told = json.loads(attestation.read_text("utf-8"))
    told["subject"].append({"name": "verdict.json", "digest": {"sha256": "ff"}})
    attestation.write_text(json.dumps(told), "utf-8")
    assert_refused(attestation, "verdict.json is 2 times among the subjects")


def assert_refused(file: Path, says: str) -> None:
    code, said = verify(file, None, lambda _: [])
    assert code == REFUSED, said
    assert says in said
    assert "cannot be trusted" in said


def test_a_signature_that_nobody_has_verified_is_told_as_such(attestation: Path, keys: tuple[Path, Path]):
    private, public = keys
    attestation.write_text(json.dumps(load_signer(private)(json.loads(attestation.read_text("utf-8")))), "utf-8")
    assert verify(attestation, None, lambda _: [])[1].endswith(", its signature not verified without --public-key")
    assert verify(attestation, public, lambda _: [])[1].endswith(f", signed by {public}")


def test_a_line_out_of_scope_is_in_no_list():
    told = stated(sessions.verdict(scope=[]))["predicate"]
    assert told["passedTests"] == told["failedTests"] == told["warnedTests"] == []


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"_type": "x", "predicateType": "y"}'])
def test_what_is_no_attestation_is_refused(attestation: Path, text: str):
    attestation.write_text(text)
    code, said = verify(attestation, None, lambda told: compare_sources(told, SOURCES))
    assert code == REFUSED
    assert "cannot be trusted" in said
