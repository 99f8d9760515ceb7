"""Builds packages as reproducible zip archives, with a function's layers merged into its package if required."""

from __future__ import annotations

import hashlib
import io
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from local_aws import surroundings
from steps.cloudformation.errors import DeployError, NotDeployable, understanding
from steps.cloudformation.template import load
from steps.targets.files import files_of

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same content makes the same bytes, whenever it is built
_FUNCTION = "AWS::Serverless::Function"
_ON_THE_PATH = "python/"
"""Lambda puts this folder of a layer on sys.path, and the root of the function's own package."""


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip archive of `files`, which are (name, content) pairs.

    It is not compressed: it goes to this machine alone, and a layer of 28 MB takes 0.6 s of CPU to compress and expand
    (2 cores, Python 3.11, 2026-11-28).
    """
    buffer, left = io.BytesIO(), sorted(files, reverse=True)
    with zipfile.ZipFile(buffer, "w") as archive:
        while left:  # each content is given up as soon as the archive has it
            name, content = left.pop()
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return buffer.getvalue()


def layers_of(template: dict[str, Any], spec: dict[str, Any]) -> list[str]:
    """The names of the template's layers that the function `spec` refers to, those of Globals first, as in SAM."""
    if spec["Type"] != _FUNCTION:
        return []
    ours = template.get("Globals", {}).get("Function", {}), spec.get("Properties", {})
    layers = [layer for each in ours for layer in each.get("Layers", [])]
    return [layer["Ref"] for layer in layers if isinstance(layer, dict) and "Ref" in layer]


def folded(function: bytes, layers: Sequence[bytes]) -> bytes:
    """Merge the `layers` into the package `function`; of files with the same path, the one Python would find is kept.

    In Lambda, a later layer overrides an earlier one, and the function's own files come first on sys.path. A layer's
    files outside python/ are at the root of the package instead of /opt.
    """
    files: dict[str, bytes] = {}
    for layer in layers:
        files |= {name.removeprefix(_ON_THE_PATH): content for name, content in _files(layer)}
    return zipped((files | dict(_files(function))).items())


def _files(package: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        yield from ((name, archive.read(name)) for name in archive.namelist())


_LAYER = "AWS::Serverless::LayerVersion"
_LOCAL_PATHS = {
    "AWS::Serverless::Function": "CodeUri",
    _LAYER: "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}


@dataclass(frozen=True)
class Application:
    """A template with its local paths replaced by S3 URIs, and the packages to upload there, by key.

    sources: the original local path of each resource, by its logical id.
    """

    path: Path
    template: dict[str, Any]
    bucket: str
    packages: dict[str, bytes]
    sources: dict[str, str] = field(default_factory=dict)


def build(path: Path, bucket: str, make: Mapping[str, str] | None = None, *, fold_layers: bool = False) -> Application:
    """Read the template at `path` and package each local folder and file that it names, for upload to `bucket`.

    `make`: variables for the Makefiles; unless None, resources with a Makefile are built by it, as in `sam build`, for
    the template's Runtime and Architectures instead of this machine. `fold_layers`: a function's package includes its
    layers from the template.
    """
    template, packages = load(path), {}
    local = list(_local(path, template))
    bodies = {name: _body(name, source, template["Resources"][name], make) for name, _, source in local}
    for name, attribute, source in local:
        spec = template["Resources"][name]
        with understanding(f"Layers of {name} in {path.name}"):
            layers = [bodies[layer] for layer in layers_of(template, spec) if layer in bodies] if fold_layers else []
        body = folded(bodies[name], layers) if layers else bodies[name]
        key = f"{name}/{hashlib.sha256(body).hexdigest()}{source.suffix or '.zip'}"
        packages[key] = body
        spec["Properties"][attribute] = f"s3://{bucket}/{key}"
    return Application(path, template, bucket, packages, {name: str(source) for name, _, source in local})


def _body(name: str, source: Path, spec: dict[str, Any], make: Mapping[str, str] | None) -> bytes:
    if make is not None and spec.get("Metadata", {}).get("BuildMethod") == "makefile":
        return zipped(_made(f"build-{name}", source, make))
    return _with_requirements(source, spec) if _of_requirements(source, spec) else _packed(source)


def digests(path: Path) -> dict[str, str]:
    """The SHA-256 of each package of the template at `path`, by resource name; independent of the machine.

    A layer built from requirements holds compiled files that contain their installation path, so its digest is that of
    its requirements.txt.
    """
    template, found = load(path), {}
    for name, _, source in _local(path, template):
        spec = template["Resources"][name]
        named_alone = spec["Type"] == _LAYER and _of_requirements(source, spec)
        body = (source / "requirements.txt").read_bytes() if named_alone else _packed(source)
        found[name] = hashlib.sha256(body).hexdigest()
    return found


def _local(path: Path, template: dict[str, Any]) -> Iterator[tuple[str, str, Path]]:
    """(name, attribute, path) of each resource with a local folder or file. Raises DeployError if it is missing."""
    for name, spec in template["Resources"].items():
        attribute = _LOCAL_PATHS.get(spec.get("Type"), "")
        given = spec.get("Properties", {}).get(attribute)
        if not isinstance(given, str) or given.startswith("s3://"):
            continue
        source = path.parent / given
        if not source.exists():
            raise DeployError(
                f"{attribute} of {name} names {given}, which does not exist.", remedy=f"put it into {path.parent}"
            )
        yield name, attribute, source


def _of_requirements(source: Path, spec: dict[str, Any]) -> bool:
    """True if a package includes what its requirements.txt names, and no Makefile builds it."""
    by_make = spec["Type"] == "AWS::Serverless::Function" and "BuildMethod" in spec.get("Metadata", {})
    return (source / "requirements.txt").is_file() and not by_make


def _with_requirements(source: Path, spec: dict[str, Any]) -> bytes:
    """Package a layer as its requirements only, under python/; a function as its requirements and its code."""
    file = source / "requirements.txt"
    with understanding(str(file)):
        requirements = file.read_text("utf-8")
        if spec["Type"] == _LAYER:
            return zipped((f"python/{name}", content) for name, content in _installed(requirements))
        return zipped(chain(_installed(requirements), _sources(source)))


def _packed(source: Path) -> bytes:
    """The content of a file, or a zip of a folder's files."""
    return source.read_bytes() if source.is_file() else zipped(_sources(source))


def _sources(folder: Path) -> Iterator[tuple[str, bytes]]:
    return ((file.relative_to(folder).as_posix(), file.read_bytes()) for file in files_of(folder))


def _run(command: list[str], *, check: bool) -> subprocess.CompletedProcess[str]:
    """Runs what is or starts a Python, undisturbed by the caller's variables; proxies stay, for the package index."""
    env = surroundings.for_python(os.environ)
    return subprocess.run(command, check=check, env=env, capture_output=True, encoding="utf-8", errors="replace")


def _made(target: str, path: Path, variables: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        artifacts, copy = Path(folder, "artifacts"), Path(folder, "source")
        artifacts.mkdir()
        shutil.copytree(path, copy)
        known = {"ARTIFACTS_DIR": str(artifacts), "PIP": f"{shlex.quote(sys.executable)} -m pip", **variables}
        command = ["make", "-C", str(copy), target, *(f"{name}={value}" for name, value in known.items())]
        try:
            _run(command, check=True)
        except (OSError, subprocess.CalledProcessError) as failed:
            raise NotDeployable(
                f"{target} of {path / 'Makefile'} does not succeed.",
                evidence=(getattr(failed, "stderr", "") or str(failed)).strip()[-500:],
                remedy="mend what the evidence says; it wants make, pip and the way to a package index",
            ) from failed
        yield from _sources(artifacts)


def _installed(requirements: str) -> Iterator[tuple[str, bytes]]:
    """The files of the requirements and their dependencies: from this environment, or by pip if its versions differ.

    Using installed packages is fast and needs no network; they fit this machine's Python, which runs the functions
    here.
    """
    lines = (line.split("#")[0].strip() for line in requirements.splitlines())
    wanted = [Requirement(line) for line in lines if line]
    found = _closure(wanted)
    if found is None:
        yield from _fetched(wanted)
        return
    for distribution in found:
        for file in distribution.files or ():
            if ".." not in file.parts and Path(str(file.locate())).is_file():
                content = file.read_binary()
                yield file.as_posix(), _unchecked(content) if file.suffix == ".pyc" else content


def _unchecked(compiled: bytes) -> bytes:
    """Mark a .pyc as valid regardless of its source's timestamp (PEP 552), which unzipping changes.

    Otherwise the first cold starts compile 600 modules.
    """
    return compiled[:4] + (0b01).to_bytes(4, "little") + bytes(8) + compiled[16:]


def _closure(wanted: list[Requirement]) -> list[metadata.Distribution] | None:
    found: dict[str, metadata.Distribution] = {}
    followed = set()
    todo = [(requirement, "") for requirement in wanted]
    while todo:
        requirement, extra = todo.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        try:
            distribution = metadata.distribution(requirement.name)
        except metadata.PackageNotFoundError:
            return None
        if not requirement.specifier.contains(distribution.version, prereleases=True):
            return None
        seen = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if seen in followed:
            continue
        followed.add(seen)
        found[seen[0]] = distribution
        needs = [Requirement(text) for text in distribution.requires or ()]
        todo += [(need, each) for need in needs for each in requirement.extras or {""}]
    return list(found.values())


def _fetched(wanted: list[Requirement]) -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target", folder, *map(str, wanted)]
        done = _run(command, check=False)
        if done.returncode:
            raise NotDeployable(
                f"The requirements {', '.join(map(str, wanted))} cannot be installed.",
                evidence=done.stderr.strip()[-500:],
                remedy="run pip install -r requirements.txt, or mend the requirements.txt",
            )
        yield from ((p.relative_to(folder).as_posix(), p.read_bytes()) for p in files_of(Path(folder)))
