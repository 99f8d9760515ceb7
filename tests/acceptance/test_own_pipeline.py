"""A pipeline of one's own: what its settings say of it, and what a fault in it is called."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import jsonschema
import pytest

from steps.diagnoses.ids import Diagnosis
from steps.drivers.absence import DIAGNOSES
from steps.drivers.names import USUAL
from tests.acceptance.conftest import ROOT, Accept

SCHEMA = json.loads((ROOT / "docs" / "verdict.schema.json").read_text("utf-8"))

_CACHES = shutil.ignore_patterns("__pycache__")


def tally(folder: Path) -> Path:
    """A copy of the example in `folder`, to be altered."""
    return shutil.copytree(ROOT / "examples" / "tally", folder / "tally", ignore=_CACHES)


@pytest.mark.nightly
def test_one_function_for_all_steps_is_read_once(accept: Accept, tmp_path: Path):
    folder = tally(tmp_path)
    template, settings = folder / "template.yaml", folder / "acceptance.toml"
    before, _, rest = template.read_text("utf-8").partition("  WriterLogs:\n")
    machine = rest[rest.index("  StateMachine:\n") :].replace("Writer.Arn", "Reader.Arn")
    template.write_text(before + machine, "utf-8")
    settings.write_text(settings.read_text("utf-8").replace("tally-writer", "tally-reader"), "utf-8")
    session = accept(f"--system-under-test={folder}", "features/3_success", "features/6_monitoring")
    assert session.exit == 0, session
    assert {"LOG-06", "LOG-07", "AUR-03", "MON-02", "MON-03"} <= session.items("passed"), session


@pytest.mark.nightly
def test_functions_that_log_in_json_to_a_group_that_they_share_are_read(accept: Accept, tmp_path: Path):
    folder = shutil.copytree(ROOT / "system_under_test", tmp_path / "pipeline", ignore=_CACHES)
    template = folder / "template.yaml"
    globals, _, rest = template.read_text("utf-8").partition("    MemorySize: 512\n")
    logging = "    LoggingConfig: {LogFormat: JSON, LogGroup: !Ref ProcessorLogGroup}\n"
    template.write_text(f"{globals}    MemorySize: 512\n{logging}{rest}", "utf-8")
    features = [*ROOT.glob("features/*_success"), *ROOT.glob("features/*_monitoring")]
    session = accept(f"--system-under-test={folder}", *features)
    assert session.exit == 0, session
    assert {"LOG-01", "LOG-06", "LOG-07", "MON-02", "AUR-03"} <= session.items("passed"), session


USE_ALIASES = """
import json, os
import boto3
account, project = '000000000000', 'csv-parallel-processing'
lam, sfn, events, iam = map(boto3.client, ('lambda', 'stepfunctions', 'events', 'iam'))
machine = f'arn:aws:states:ap-northeast-1:{account}:stateMachine:{project}-csv-processing-dev'
told = sfn.describe_state_machine(stateMachineArn=machine)
definition = told['definition']
for name in (f'{project}-csv-splitter-dev', f'{project}-csv-processor-dev'):
    version = lam.publish_version(FunctionName=name)['Version']
    arn = lam.create_alias(FunctionName=name, Name='live', FunctionVersion=version)['AliasArn']
    definition = definition.replace(arn.removesuffix(':live'), arn)
    lam.update_function_configuration(FunctionName=name, Environment={'Variables': {}})  # of $LATEST alone
sfn.update_state_machine(stateMachineArn=machine, definition=definition)
role = told['roleArn'].rpartition('/')[2]
(policy,) = iam.list_role_policies(RoleName=role)['PolicyNames']
document = iam.get_role_policy(RoleName=role, PolicyName=policy)['PolicyDocument']
document['Statement'][0]['Resource'] = [each + ':live' for each in document['Statement'][0]['Resource']]
iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
rule = f'{project}-csv-upload-dev'
(target,) = events.list_targets_by_rule(Rule=rule)['Targets']
events.put_targets(Rule=rule, Targets=[target | {'Arn': machine + ':live'}])
"""


@pytest.mark.nightly
def test_functions_and_state_machine_are_judged_by_the_aliases_that_are_used(accept: Accept, tmp_path: Path):
    (tmp_path / "aliases.py").write_text(USE_ALIASES)
    names = ("functions", "permissions", "trigger")
    features = [path for name in names for path in ROOT.glob(f"features/1_precondition*/{name}.feature")]
    features += [*ROOT.glob("features/*_success"), *ROOT.glob("features/*_risk/known_faults.feature")]
    session = accept(f"--after-deploy='{sys.executable}' '{tmp_path}/aliases.py'", *features)
    assert session.exit == 0, session
    assert {"LAM-01", "LAM-03", "KNO-01", "EVB-03", "AUR-03", "LOG-06", "RSK-01", "RSK-02"} <= session.items(
        "passed"
    ), session


def test_unknown_resource_names_are_no_and_never_a_broken_environment(accept: Accept, tmp_path: Path):
    told = (ROOT / "system_under_test" / "acceptance.toml").read_text("utf-8")
    parameters = {"rule", "rule_role"}  # data.yaml deploys these under any name
    wrong = [key for key in USUAL if key not in parameters]
    missing = {*DIAGNOSES.values()} - {Diagnosis.RULE_MISSING}
    names = "".join(f'{key} = "no-{key}"\n' for key in wrong)
    settings = tmp_path / "acceptance.toml"
    settings.write_text(told.replace("[names]\n", f"[names]\n{names}"), "utf-8")
    session = accept(f"--settings={settings}", "--no-gate")
    verdict = session.verdict
    assert (session.exit, verdict["verdict"], session.items("broken")) == (1, "NO-GO", set()), session
    found = {each["id"]: each for each in verdict["diagnoses"]}
    assert missing <= found.keys(), session
    assert next(iter(found)) in missing
    evidence = "\n".join(text for id in missing for text in found[id]["evidence"])
    assert [key for key in wrong if f"no-{key} does not exist" not in evidence] == []
    assert "under [names] in acceptance.toml" in verdict["items"]["RUN-01"]["reason"]
    assert "KeyError" not in session.output
    assert {"DAT-01", "FIL-01", "DAT-05", "KNO-02"} <= session.items("passed"), session


def test_a_template_that_cannot_be_deployed_is_no_go_with_its_place(accept: Accept, tmp_path: Path):
    folder = tally(tmp_path)
    data = folder / "data.yaml"
    data.write_text(data.read_text("utf-8").replace("!GetAtt Inbox.Arn", "!GetAtt Inbox.Colour", 1), "utf-8")
    session = accept(f"--system-under-test={folder}")
    verdict = session.verdict
    assert (session.exit, verdict["verdict"], session.items("failed")) == (1, "NO-GO", {"KNO-02"}), session
    (diagnosis,) = verdict["diagnoses"]
    assert diagnosis["id"] == "pipeline-not-deployed"
    assert "data.yaml refers to Inbox.Colour" in str(diagnosis["evidence"])


def test_a_rule_that_makes_another_input_than_the_settings_say_is_no_go_before_anything_is_delivered(
    accept: Accept, tmp_path: Path
):
    folder = tally(tmp_path)
    data = folder / "data.yaml"
    data.write_text(data.read_text("utf-8").replace("$.detail.object.version-id", "$.detail.object.version"), "utf-8")
    session = accept(f"--system-under-test={folder}")
    verdict = session.verdict
    jsonschema.validate(verdict, SCHEMA)
    assert (session.exit, verdict["verdict"], verdict["complete"]) == (1, "NO-GO", True), session
    assert session.items("failed") == {"EVB-03"}, session
    assert [each["id"] for each in verdict["diagnoses"]] == ["event-contract-broken"]
    assert verdict["diagnoses"][0]["evidence"][0].endswith("which lacks the object's $.version")
    assert verdict["run"]["started_by"] == "none"
    assert "not started, because of EVB-03" in verdict["items"]["SFN-01"]["reason"]
    layers = verdict["items"]["LAM-04"]
    assert (layers["status"], layers["applies"], layers["scenarios"]) == ("not-checked", False, []), session
    assert layers["reason"].startswith("does not apply to this pipeline: ")
    assert "LAM-04" not in verdict["scope"]
    assert f"of {len(verdict['items']) - 1} lines passed; 1 not applicable to this pipeline" in session.output
