"""The packages of `sam build` fit the template's Runtime and Architectures."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.system_under_test.conftest import ROOT, SYSTEM
from tests.system_under_test.test_templates import TEMPLATE

RUNTIME = TEMPLATE["Globals"]["Function"]["Runtime"]
(ARCHITECTURE,) = TEMPLATE["Globals"]["Function"]["Architectures"]
MACHINE = {"arm64": "aarch64", "x86_64": "x86_64"}[ARCHITECTURE]
ELF_MACHINE = {"arm64": 183, "x86_64": 62}[ARCHITECTURE]  # e_machine of the ELF header
GLIBC = {"python3.12": (2, 34), "python3.13": (2, 34)}[RUNTIME]  # Amazon Linux 2023
UNZIPPED_BYTES = 250 * 1024 * 1024  # Lambda's quota for a function with all its layers
BUILT = {
    name: SYSTEM / (resource["Properties"].get("CodeUri") or resource["Properties"]["ContentUri"])
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"] in ("AWS::Serverless::Function", "AWS::Serverless::LayerVersion")
}

needs_make = pytest.mark.skipif(
    not (shutil.which("make") and shutil.which("curl")), reason="`sam build` needs make and curl, which are not here"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each function and layer, made by their own recipes as `sam build` calls them."""
    folder = tmp_path_factory.mktemp("構築 build")
    bundle = folder / "bundle.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----\n")
    told = {"PIP": shlex.join([sys.executable, "-m", "pip"]), "RDS_CERTIFICATES": bundle.as_uri()}
    for name, source in BUILT.items():
        (folder / name).mkdir()
        subprocess.run(
            ["make", f"build-{name}"],
            cwd=source,
            env=os.environ | told | {"ARTIFACTS_DIR": str(folder / name)},
            check=True,
        )
    return folder


def contents(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@needs_make
def test_the_packages_hold_the_sources_and_the_certificates(built: Path) -> None:
    for name in ("SplitterFunction", "ProcessorFunction"):
        assert contents(built / name) == {path.name for path in BUILT[name].glob("*.py")}
        assert TEMPLATE["Resources"][name]["Properties"]["Handler"].replace(".handler", ".py") in contents(built / name)
    modules = {path.relative_to(BUILT["SharedLayer"]).as_posix() for path in BUILT["SharedLayer"].rglob("*.py")}
    assert contents(built / "SharedLayer") == modules | {"python/csv_pipeline/rds-global-bundle.pem"}


@needs_make
def test_a_page_that_is_no_certificate_stops_the_build(tmp_path: Path) -> None:
    page = tmp_path / "login.html"
    page.write_text("<html>")
    told = {"RDS_CERTIFICATES": page.as_uri(), "ARTIFACTS_DIR": str(tmp_path / "built")}
    done = subprocess.run(
        ["make", "build-SharedLayer"], cwd=BUILT["SharedLayer"], env=os.environ | told, capture_output=True, check=False
    )
    assert done.returncode != 0


@needs_make
def test_every_library_is_for_the_declared_runtime_and_architecture(built: Path) -> None:
    libraries = [path for path in (built / "DependenciesLayer").rglob("*") if re.search(r"\.so(\.|$)", path.name)]
    assert any(path.name.startswith("libpq-") for path in libraries)
    assert any(path.name.startswith("_pydantic_core.") for path in libraries)
    abi = f"cpython-{RUNTIME.removeprefix('python').replace('.', '')}-{MACHINE}-linux-gnu"
    for library in libraries:
        content = library.read_bytes()
        assert content[:4] == b"\x7fELF", library
        assert int.from_bytes(content[18:20], "little") == ELF_MACHINE, library
        assert "cpython-" not in library.name or abi in library.name
        needed = {(int(major), int(minor)) for major, minor in re.findall(rb"GLIBC_(\d+)\.(\d+)", content)}
        assert max(needed, default=(0, 0)) <= GLIBC, library


@needs_make
def test_the_layer_lacks_nothing_that_its_packages_need_there(built: Path) -> None:
    """pip follows no package by itself, so nobody else would notice."""
    there = {
        "python_version": RUNTIME.removeprefix("python"),
        "python_full_version": f"{RUNTIME.removeprefix('python')}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": MACHINE,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    found = {
        canonicalize_name(each.metadata["Name"]): each
        for each in metadata.distributions(path=[str(built / "DependenciesLayer" / "python")])
    }
    named = [Requirement(line) for line in (BUILT["DependenciesLayer"] / "requirements.txt").read_text().split()]
    extras = {canonicalize_name(each.name): each.extras for each in named}
    needs = [(each, "") for each in named] + [
        (Requirement(text), extra)
        for name, distribution in found.items()
        for text in distribution.requires or ()
        for extra in extras.get(name) or {""}
    ]
    for need, extra in needs:
        if need.marker is None or need.marker.evaluate(there | {"extra": extra}):
            assert need.specifier.contains(found[canonicalize_name(need.name)].version), need


@needs_make
def test_a_function_with_its_layers_fits_into_lambda(built: Path) -> None:
    sizes = {name: sum((built / name / file).stat().st_size for file in contents(built / name)) for name in BUILT}
    assert sum(sizes.values()) < UNZIPPED_BYTES / 2, sizes


def test_the_lock_pins_what_is_tested_here() -> None:
    lock, tested = (
        set(re.findall(r"(?m)^([\w.-]+==[\w.]+)", file.read_text("utf-8")))
        for file in (BUILT["DependenciesLayer"] / "requirements.lock", ROOT / "requirements.txt")
    )
    assert lock
    assert lock <= tested
