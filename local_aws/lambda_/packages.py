"""Deployment packages: stored by content hash and unzipped once for all processes that run them."""

from __future__ import annotations

import hashlib
import io
import shutil
import threading
import zipfile
from pathlib import Path


class BadPackage(Exception):
    """The bytes uploaded as a deployment package are not a ZIP file."""


class PackagesClosed(Exception):
    """A package was to be unzipped after the embedded AWS has begun to stop."""


class Packages:
    """The ZIP files of functions and layers in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unzipping = threading.Lock()
        self._closed = False
        (folder / "zipped").mkdir(parents=True)
        (folder / "unzipped").mkdir()

    def keep(self, content: bytes) -> str:
        """Store a package and return its name, the SHA-256 of its content; raises BadPackage."""
        if not zipfile.is_zipfile(io.BytesIO(content)):
            raise BadPackage
        name = hashlib.sha256(content).hexdigest()
        package = self._folder / "zipped" / name
        if not package.exists():  # another thread may be unzipping it
            draft = package.with_suffix(f".{threading.get_ident()}")
            draft.write_bytes(content)
            draft.replace(package)
        return name

    def unzipped(self, *names: str) -> Path:
        """Return a folder with the packages `names` unzipped, later ones over earlier ones, as Lambda unzips layers.

        Raises PackagesClosed after close().
        """
        key = hashlib.sha256(" ".join(names).encode()).hexdigest()[:32]
        folder = self._folder / "unzipped" / key
        with self._unzipping:
            if self._closed:
                raise PackagesClosed(f"{' '.join(names)} is not unzipped: the embedded AWS stops.")
            if not folder.exists():
                partial = folder.with_suffix(".partial")
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir()
                for name in names:
                    _unzip(self._folder / "zipped" / name, partial)
                partial.rename(folder)
        return folder

    def close(self) -> None:
        """Wait for a package that is being unzipped and unzip no other: unzipping would make a removed folder again."""
        with self._unzipping:
            self._closed = True


def _unzip(package: Path, folder: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        for member in archive.infolist():
            path = Path(archive.extract(member, folder))
            if (mode := member.external_attr >> 16 & 0o777) and not member.is_dir():
                path.chmod(mode | 0o600)
