"""Packages as zip archives: the same bytes for the same files, and the files of a function's layers in its own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same content makes the same bytes, whenever it is built
_FUNCTION = "AWS::Serverless::Function"
_ON_THE_PATH = "python/"
"""Lambda has this folder of a layer on sys.path, and the root of a function's own package."""


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive of `files`, by their names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def layers_of(template: dict[str, Any], spec: dict[str, Any]) -> list[str]:
    """The names of the template's layers that the function `spec` refers to, those of Globals first, as SAM has it."""
    if spec["Type"] != _FUNCTION:
        return []
    ours = template.get("Globals", {}).get("Function", {}), spec.get("Properties", {})
    layers = [layer for each in ours for layer in each.get("Layers", [])]
    return [layer["Ref"] for layer in layers if isinstance(layer, dict) and "Ref" in layer]


def folded(function: bytes, layers: Sequence[bytes]) -> bytes:
    """The package `function` with the files of its `layers`; of two at the same place it has the one Python would find.

    Lambda lays each layer over those before it, and the function's own come first on sys.path. What a layer holds
    beside python/ is at the root of the package instead of /opt.
    """
    files: dict[str, bytes] = {}
    for layer in layers:
        files |= {name.removeprefix(_ON_THE_PATH): content for name, content in _files(layer)}
    return zipped((files | dict(_files(function))).items())


def _files(package: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        yield from ((name, archive.read(name)) for name in archive.namelist())
