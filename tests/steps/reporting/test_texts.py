"""The texts of the reports: in both languages, and about a NO in commands and files that exist."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import botocore.session
import pytest
from botocore import xform_name
from pydantic import ValidationError

from steps.diagnoses import catalogue
from steps.diagnoses.__main__ import document
from steps.paths import ROOT
from steps.reporting.texts import TEXTS, Texts
from steps.verdict import checklist
from steps.verdict.model import Conclusion, Mark, Run
from steps.verdict.words import Words, fill

DIAGNOSES = tomllib.loads((ROOT / "steps" / "diagnoses" / "catalogue.toml").read_text("utf-8"))["diagnosis"]
FOLDERS = [ROOT, ROOT / "system_under_test", ROOT / "system_under_test" / "layers" / "shared" / "python"]
FILES = re.compile(
    r"(?:sql|features|functions|layers|csv_pipeline|steps)/[\w./-]*\w\.\w+|template\.yaml|data\.yaml|statemachine\.asl\.json",
    re.ASCII,
)
NAMES = re.compile(r"((?:\w+(?:, | and | or ))*\w+) (?:in|of) ((?:csv_pipeline|functions)/[\w/]+\.py)", re.ASCII)
"""Names in a module of the pipeline, and that module."""
SERVICES = {"s3api": "s3"}
OF_THE_CLI = {"query", "output", "protocol", "port", "source-group"}
"""Options that the AWS CLI has beside those of the API's own parameters."""


def told() -> Iterator[tuple[str, str, str]]:
    """(where, ja, en) of every text."""
    for id, item in checklist.read().items():
        for name, words in (("cause", item.cause), ("risk", item.risk), ("remedy", item.remedy)):
            yield f"{id} {name}", words.ja, words.en
    for each in DIAGNOSES:
        for name in ("cause", "remedy"):
            yield f"{each['id']} {name}", each[name]["ja"], each[name]["en"]


TOLD = list(told())


def test_a_diagnosis_has_one_place_in_the_list():
    counted = Counter(each["id"] for each in DIAGNOSES)
    assert [id for id, count in counted.items() if count > 1] == []
    assert list(counted)[-1] == "not-diagnosed", "what fits nothing else comes last"
    assert all(each.keys() == {"id", "cause", "remedy"} for each in DIAGNOSES)


def test_each_language_is_itself():
    assert [where for where, ja, en in TOLD if not is_japanese(ja)] == []
    assert [where for where, ja, en in TOLD if not is_english(en)] == []


def is_japanese(text: str) -> bool:
    """Sentences in the plain form, which the team writes its checklists in."""
    polite = re.search(r"(です|ます|ください)。", text)
    return (
        bool(re.search("[ぁ-ん]", text)) and bool(re.search("[ァ-ヶ一-龠]", text)) and text[-1] == "。" and not polite
    )


def is_english(text: str) -> bool:
    """Sentences that may quote the file's header, which has no hiragana."""
    return bool(re.search("[a-z]{2}", text)) and text[-1] == "." and not re.search("[ぁ-ん]", text)


def test_no_two_texts_are_the_same():
    counted = Counter(text for _, *texts in TOLD for text in texts)
    assert [text for text, count in counted.items() if count > 1] == []


def test_both_languages_name_the_same_commands():
    assert [where for where, ja, en in TOLD if sorted(quoted(ja)) != sorted(quoted(en))] == []


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_every_file_that_is_named_is_there():
    named = {(where, file) for where, *texts in TOLD for text in texts for file in FILES.findall(text)}
    assert len(named) > 40
    assert [each for each in sorted(named) if not any((folder / each[1]).is_file() for folder in FOLDERS)] == []


def test_every_name_in_a_module_that_is_named_is_there():
    found = [found for _, _, english in TOLD for found in NAMES.findall(english)]
    named = {(name, file) for names, file in found for name in re.split(", | and | or ", names)}
    assert len(named) > 20
    code = {file: "".join(each.read_text("utf-8") for each in places(file)) for _, file in named}
    assert [(name, file) for name, file in sorted(named) if not re.search(rf"\b{name}\b", code[file])] == []


def places(file: str) -> list[Path]:
    return [folder / file for folder in FOLDERS if (folder / file).is_file()]


def test_every_command_of_the_aws_cli_exists():
    commands = {command for _, *texts in TOLD for text in texts for command in quoted(text) if command[:4] == "aws "}
    assert len(commands) > 30
    assert [command for command in sorted(commands) if not exists(command)] == []


def exists(command: str) -> bool:
    """True if the API has this operation, and each option is a parameter of it."""
    _, service, operation, *arguments = shlex.split(command)
    if operation == "wait":
        waiter, *arguments = arguments
        operation = waited_for(service, waiter)
    asked = {argument.removeprefix("--") for argument in arguments if argument.startswith("--")}
    return asked - OF_THE_CLI <= options(service, operation)


SESSION = botocore.session.get_session()


def options(service: str, operation: str) -> set[str]:
    """The parameters of an operation as the CLI spells them; KeyError where there is no such operation."""
    model = SESSION.get_service_model(SERVICES.get(service, service))
    names = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    return {xform_name(member, "-") for member in shape.members} if shape else set()


def waited_for(service: str, waiter: str) -> str:
    """The operation that a waiter asks."""
    model = SESSION.get_waiter_model(service)
    names = {xform_name(name, "-"): name for name in model.waiter_names}
    return str(xform_name(model.get_waiter(names[waiter]).operation, "-"))


def test_the_documented_list_is_the_catalogue():
    assert (ROOT / "docs" / "diagnoses.md").read_text("utf-8") == document(catalogue.read())


USERS = {
    "terminal": ["steps/reporting/terminal.py", "steps/verdict/checklist.py"],
    "sheet": ["steps/reporting/sheet"],
    "allure": ["steps/reporting/allure_results", "steps/reporting/html.py"],
    "night": ["commands/notify/texts.py"],
    "trend": ["commands/trend"],
}
"""Where the texts of each table of texts.toml are shown; the other tables are indexed by words of the contract."""


@pytest.mark.parametrize("table", USERS)
def test_no_text_of_a_report_is_shown_nowhere(table: str):
    folders = [ROOT / place for place in USERS[table]]
    files = [file for each in folders for file in ([each] if each.is_file() else each.rglob("*")) if file.is_file()]
    shown = "\n".join(file.read_text("utf-8") for file in files if file.suffix in (".py", ".jinja"))
    assert [name for name in getattr(TEXTS, table) if not re.search(rf"""(?:["']|L\.){name}\b""", shown)] == []


def test_the_words_of_the_contract_all_have_texts():
    assert set(TEXTS.status) == set(get_args(Mark))
    assert set(TEXTS.verdict) == set(get_args(Conclusion))
    assert tuple(TEXTS.phase) == checklist.PHASES
    assert set(TEXTS.started_by) == set(get_args(Run.model_fields["started_by"].annotation))


@pytest.mark.parametrize(
    "words", [{"ja": "あ"}, {"ja": "", "en": "a"}, {"ja": "あ", "en": "a", "fr": "a"}, {"ja": "{count}件", "en": "{n}"}]
)
def test_a_text_that_lacks_a_language_or_a_parameter_is_refused(words: dict[str, str]):
    with pytest.raises(ValidationError):
        Texts.model_validate(TEXTS.model_dump() | {"unit": {"seconds": words}})


def test_parameters_are_filled_in_by_language():
    each = fill(Words("{verdict}（{count}件）", "{verdict}, {count}"), verdict=Words("可", "well"), count=1)
    assert each == Words("可（1件）", "well, 1")
    with pytest.raises(KeyError):
        fill(TEXTS.sheet["all_passed"])
