"""Import the installed packages that functions' code names, before it runs, without importing that code itself."""

import ast
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any


class Installed:
    """The distributions in the folders `path`, which are on sys.path, and the code beside them."""

    def __init__(self, path: list[str]) -> None:
        self._names = {name for each in metadata.distributions(path=path) for name in _top_level(each)}
        self._seen = set[str]()
        self._models = Models()
        self._shadowed = any(_shadows(folder) for folder in path if Path(folder).is_dir())
        for folder in path:
            self._import_for(folder)

    def serve(self, task: str) -> bool:
        """Import the installed packages that the code in the folder `task` imports.

        Return False, importing nothing, if a forked process would differ from a started one: if `task`, which comes
        first on its import path, or a layer contains a module with the name of an already imported one, or if `task`
        contains shared libraries, whose folders the loader learns at process start only.
        """
        if self._shadowed or _shadows(task) or _libraries(task):
            return False
        self._import_for(task)
        return True

    def _import_for(self, folder: str) -> None:
        if folder in self._seen:
            return
        self._seen.add(folder)
        for file in self._code(folder):
            tree = _parsed(file)
            for module, names in _imports(tree):
                if module.partition(".")[0] in self._names:
                    _import(module, names)
            if "botocore" in sys.modules:
                self._models.read(_strings(tree))

    def _code(self, folder: str) -> Iterator[Path]:
        for entry in sorted(Path(folder).glob("*")):
            if entry.name.partition(".")[0] not in self._names:
                yield from entry.rglob("*.py") if entry.is_dir() else [entry] * (entry.suffix == ".py")


class Models:
    """botocore's models of the services that code names, parsed once instead of a megabyte of JSON per process."""

    def __init__(self) -> None:
        self._loader: Any = None
        self._services = set[str]()

    def read(self, names: set[str]) -> None:
        """Read the models of the services in `names`."""
        with suppress(Exception):  # unknown version of botocore: the forked processes read the models themselves
            if self._loader is None:
                self._loader = _loader_that_keeps()
                self._services = set(self._loader.list_available_services("service-2"))
                for data in ("partitions", "endpoints", "sdk-default-configuration", "_retry"):
                    self._loader.load_data(data)
            for service in sorted(names & self._services):
                self._services.remove(service)
                for model in ("service-2", "endpoint-rule-set-1", "paginators-1", "waiters-2"):
                    with suppress(Exception):  # not every service has all of them
                        self._loader.load_service_model(service, model)


def _loader_that_keeps() -> Any:
    import botocore.loaders
    import botocore.session

    files, read = dict[str, Any](), botocore.loaders.JSONFileLoader.load_file

    def load_file(self: Any, path: str) -> Any:
        if path not in files:
            files[path] = read(self, path)
        return files[path]

    botocore.loaders.JSONFileLoader.load_file = load_file  # type: ignore[assignment,method-assign]
    return botocore.session.Session().get_component("data_loader")


def _import(module: str, names: list[str]) -> None:
    """Do what `from module import names` does, but bind nothing."""
    with suppress(Exception):  # the function meets the same error and reports it
        __import__(module, fromlist=names)


def _shadows(folder: str) -> bool:
    imported = {name.partition(".")[0] for name in sys.modules}
    return any(entry.name.partition(".")[0] in imported for entry in Path(folder).iterdir())


def _libraries(folder: str) -> bool:
    return any(entry.name == "lib" or ".so" in entry.name for entry in Path(folder).iterdir())


def _top_level(distribution: metadata.Distribution) -> Iterator[str]:
    for file in distribution.files or ():
        top = file.parts[0]
        if not top.endswith("-info") and (name := top.partition(".")[0]):
            yield name


def _parsed(file: Path) -> ast.AST:
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):  # the function that imports it will report this
        return ast.Module([], [])


def _strings(tree: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _imports(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module, [alias.name for alias in node.names if alias.name != "*"]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, []
