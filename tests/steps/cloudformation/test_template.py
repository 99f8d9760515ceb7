"""Templates as data: intrinsics, order, parameters; packages that come out the same every time."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import pytest

from steps.cloudformation.errors import DeployError
from steps.cloudformation.packages import Application, build
from steps.cloudformation.template import in_order, load, parameter_values, resolve, translate

VALUES = {"Name": "thing", "Zones": ["a", "b"], "AWS::Region": "ap-northeast-1", "Role.Arn": "arn:role"}


def lookup(name: str, attribute: str | None):
    return VALUES[f"{name}.{attribute}" if attribute else name]


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        ({"Ref": "Name"}, "thing"),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:role"),
        ({"Fn::GetAtt": "Role.Arn"}, "arn:role"),
        ({"Fn::Sub": "${Name}-${Role.Arn}-${!literal}"}, "thing-arn:role-${literal}"),
        ({"Fn::Sub": ["${Own}-${Name}", {"Own": {"Ref": "Name"}}]}, "thing-thing"),
        ({"Fn::Join": ["-", [{"Ref": "Name"}, 1]]}, "thing-1"),
        ({"Fn::Select": ["1", {"Ref": "Zones"}]}, "b"),
        ({"Fn::Select": [0, {"Fn::Split": [",", "x,y"]}]}, "x"),
        ({"Fn::GetAZs": ""}, ["ap-northeast-1a", "ap-northeast-1c"]),
        ({"A": {"Ref": "AWS::NoValue"}, "B": [1, {"Ref": "AWS::NoValue"}]}, {"B": [1]}),
    ],
)
def test_intrinsics_are_resolved(node, wanted):
    assert resolve(node, lookup) == wanted


def test_an_intrinsic_that_is_not_supported_is_named():
    with pytest.raises(DeployError, match=r"Fn::FindInMap is not supported"):
        resolve({"Fn::FindInMap": ["a", "b", "c"]}, lookup)


def test_each_resource_comes_after_those_it_needs():
    resources = {
        "Rule": {"Properties": {"Arn": {"Fn::Sub": "${Machine.Arn}"}}},
        "Machine": {"DependsOn": ["Logs"], "Properties": {"Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
        "Role": {"Properties": {"Bucket": {"Ref": "Bucket"}}},
        "Bucket": {},
        "Logs": {},
    }
    order = in_order(resources)
    assert [order.index(name) for name in ("Bucket", "Role", "Machine", "Rule")] == sorted(
        order.index(name) for name in ("Bucket", "Role", "Machine", "Rule")
    )
    assert order.index("Logs") < order.index("Machine")


def test_a_circle_is_named():
    with pytest.raises(DeployError, match="circle: "):
        in_order({"A": {"Ref": "B"}, "B": {"Ref": "A"}})


def test_all_parameters_without_a_value_are_named_at_once():
    template = {"Parameters": {name: {"Type": "String"} for name in ("One", "Two", "Three")}}
    with pytest.raises(DeployError, match="One, Three have no value"):
        parameter_values(template, {"Two": "2"})


def test_lists_are_split_and_defaults_taken():
    template = {
        "Parameters": {"Subnets": {"Type": "List<AWS::EC2::Subnet::Id>"}, "Size": {"Type": "Number", "Default": 10}}
    }
    assert parameter_values(template, {"Subnets": "a, b"}) == {"Subnets": ["a", "b"], "Size": "10"}


def test_sam_becomes_cloudformation_with_short_forms_written_out(tmp_path: Path):
    file = tmp_path / "template.yaml"
    file.write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        "Resources:\n"
        "  F:\n"
        "    Type: AWS::Serverless::Function\n"
        "    Properties: {Runtime: python3.13, Handler: a.b, CodeUri: s3://b/k, Role: !Sub 'arn:${AWS::Region}'}\n"
    )
    made = translate(load(file), {}, "ap-northeast-1")["Resources"]["F"]
    assert made["Type"] == "AWS::Lambda::Function"
    assert made["Properties"]["Role"] == {"Fn::Sub": "arn:${AWS::Region}"}


@pytest.mark.parametrize(
    ("text", "says"),
    [(None, "does not exist"), ("Resources: [", "not valid YAML"), ("Parameters: {}", "declares no Resources")],
)
def test_a_template_that_cannot_be_read_is_said(tmp_path: Path, text, says):
    if text is not None:
        (tmp_path / "template.yaml").write_text(text)
    with pytest.raises(DeployError, match=says):
        load(tmp_path / "template.yaml")


@pytest.fixture
def application(tmp_path: Path) -> Path:
    (tmp_path / "code" / "__pycache__").mkdir(parents=True)
    (tmp_path / "code" / "__pycache__" / "app.pyc").write_bytes(b"old")
    (tmp_path / "code" / "app.py").write_text("x = 1\n")
    (tmp_path / "template.yaml").write_text(
        "Resources:\n"
        "  Code: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: code}}\n"
        "  Layer: {Type: 'AWS::Serverless::LayerVersion', Properties: {ContentUri: layer}}\n"
    )
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer" / "requirements.txt").write_text("tenacity  # a small one\n")
    return tmp_path


def test_packages_hold_the_sources_and_layers_what_their_requirements_name(application: Path):
    built = build(application / "template.yaml", "bucket")
    code, layer = (built.template["Resources"][name]["Properties"] for name in ("Code", "Layer"))
    assert names(built, code["CodeUri"]) == {"app.py"}
    assert "python/tenacity/__init__.py" in names(built, layer["ContentUri"])


def names(built: Application, uri: str) -> set[str]:
    """The content of the package under that URI."""
    return set(zipfile.ZipFile(io.BytesIO(built.packages[uri.removeprefix("s3://bucket/")])).namelist())


def test_a_function_is_packed_with_what_its_requirements_name_unless_it_is_built_otherwise(application: Path):
    (application / "code" / "requirements.txt").write_text("tenacity\n")
    built = build(application / "template.yaml", "bucket")
    packed = names(built, built.template["Resources"]["Code"]["Properties"]["CodeUri"])
    assert {"app.py", "tenacity/__init__.py"} <= packed
    template = application / "template.yaml"
    template.write_text(
        template.read_text().replace("Properties: {CodeUri", "Metadata: {BuildMethod: makefile}, Properties: {CodeUri")
    )
    built = build(template, "bucket")
    packed = names(built, built.template["Resources"]["Code"]["Properties"]["CodeUri"])
    assert packed == {"app.py", "requirements.txt"}


def test_what_a_layer_holds_compiled_stays_valid_after_unzipping(application: Path):
    """PEP 552: flags 1 say that the source is not looked at."""
    layer = next(
        body for key, body in build(application / "template.yaml", "bucket").packages.items() if "Layer" in key
    )
    with zipfile.ZipFile(io.BytesIO(layer)) as archive:
        flags = {archive.read(name)[4:8] for name in archive.namelist() if name.endswith(".pyc")}
    assert flags <= {b"\x01\0\0\0"}


def test_the_same_sources_make_the_same_bytes(application: Path):
    first = build(application / "template.yaml", "bucket")
    (application / "code" / "app.py").touch()
    assert build(application / "template.yaml", "bucket") == first


def test_a_local_path_that_is_not_there_is_named(application: Path):
    (application / "code").rename(application / "gone")
    with pytest.raises(DeployError, match="CodeUri of Code names code, which does not exist"):
        build(application / "template.yaml", "bucket")


@pytest.fixture
def with_makefile(application: Path) -> Path:
    if shutil.which("make") is None:
        pytest.skip("make is not installed, and a Makefile is what is built here")
    template = application / "template.yaml"
    template.write_text(template.read_text().replace("Layer: {", "Layer: {Metadata: {BuildMethod: makefile}, ", 1))
    (application / "layer" / "Makefile").write_text(
        'build-Layer:\n\tmkdir -p "$(ARTIFACTS_DIR)/python"\n'
        '\techo "$(WORD)" > "$(ARTIFACTS_DIR)/python/word.txt"\n\techo x > left.txt\n'
    )
    return application


def test_what_has_a_makefile_is_built_by_it_where_that_is_wanted(with_makefile: Path):
    built = build(with_makefile / "template.yaml", "bucket", {"WORD": "two words"})
    layer = next(body for key, body in built.packages.items() if key.startswith("Layer/"))
    with zipfile.ZipFile(io.BytesIO(layer)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"python/word.txt": b"two words\n"}
    assert not (with_makefile / "layer" / "left.txt").exists()


def test_a_makefile_that_fails_is_quoted(with_makefile: Path):
    (with_makefile / "layer" / "Makefile").write_text("build-Layer:\n\t@echo no way to the index >&2; exit 1\n")
    with pytest.raises(DeployError, match=r"build-Layer of .*Makefile does not succeed") as failed:
        build(with_makefile / "template.yaml", "bucket", {})
    assert "evidence: no way to the index" in str(failed.value)


def test_nothing_that_pythonpath_shadows_is_in_the_way_of_pip(application: Path, monkeypatch: pytest.MonkeyPatch):
    wheel, shadows = application / "thing-1-py3-none-any.whl", application / "shadows"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("thing.py", "")
        archive.writestr("thing-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1\n")
        archive.writestr("thing-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("thing-1.dist-info/RECORD", "")
    shadows.mkdir()
    (shadows / "json.py").write_text("raise SystemExit('shadowed')\n")
    (application / "code" / "requirements.txt").write_text(f"thing @ {wheel.as_uri()}\n")
    monkeypatch.setenv("PYTHONPATH", str(shadows))
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    packages = build(application / "template.yaml", bucket="any").packages
    (packed,) = [body for key, body in packages.items() if key.startswith("Code/")]
    assert "thing.py" in zipfile.ZipFile(io.BytesIO(packed)).namelist()
