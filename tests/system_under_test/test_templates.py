"""The two templates: accepted by cfn-lint, and agreeing with each other and with the code."""

from typing import Any

import yaml
from csv_pipeline.settings import Settings

from tests.system_under_test.conftest import ROOT, SYSTEM


class CloudFormation(yaml.SafeLoader):
    """YAML whose tags are CloudFormation's functions."""


CloudFormation.add_multi_constructor("!", lambda loader, suffix, node: (suffix, str(node.value)))


def template(name: str) -> Any:
    return yaml.load((SYSTEM / name).read_text("utf-8"), CloudFormation)


TEMPLATE, DATA = template("template.yaml"), template("data.yaml")


def test_the_functions_get_all_their_settings_and_no_others() -> None:
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert variables.keys() == {name.upper() for name in Settings.model_fields}


def test_what_has_no_default_is_an_output_of_the_data_template() -> None:
    wanted = {name for name, parameter in TEMPLATE["Parameters"].items() if "Default" not in parameter}
    assert wanted == DATA["Outputs"].keys()


def test_every_parameter_is_used() -> None:
    for name, text in ((n, (SYSTEM / n).read_text("utf-8")) for n in ("template.yaml", "data.yaml")):
        for parameter in template(name)["Parameters"]:
            assert f"!Ref {parameter}" in text or f"${{{parameter}}}" in text, parameter


def test_the_layer_holds_what_is_tested_here() -> None:
    locked = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    for line in (SYSTEM / "layers" / "dependencies" / "requirements.txt").read_text("utf-8").split():
        assert any(lock.startswith(f"{line.replace('[binary]', '')} ") for lock in locked), line
