"""Every entry of the emulators' limits can be used, and an emulator is recognized by its own answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from steps.cloudformation.resources import RESOURCE_TYPES
from steps.targets import limits
from steps.targets.limits import Emulator, Limits
from steps.verdict import checklist


@contextmanager
def answering(path: str, told: dict[str, str]) -> Iterator[str]:
    """Something that tells of itself at `path` alone."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == path else 404)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_every_entry_names_lines_of_the_checklist_and_types_that_the_deployer_makes() -> None:
    lines = checklist.read().keys()
    for name, known in limits.read().items():
        assert known.items.keys() <= lines, name
        assert known.leaves_out <= RESOURCE_TYPES.keys(), name
        assert known.tried, name


def test_a_property_that_there_is_not_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "limits.toml"
    file.write_text('[any]\ntried = "1"\napplies_layer = false\n')
    with pytest.raises(TypeError, match="applies_layer"):
        limits.read(file)


@pytest.mark.parametrize(
    ("path", "told", "found"),
    [
        ("/_localstack/health", {"edition": "community", "version": "4.14.0"}, "localstack-community 4.14.0"),
        ("/_localstack/health", {"edition": "pro", "version": "4.14.0"}, "localstack-pro 4.14.0"),
        ("/_ministack/health", {"edition": "light", "version": "1.5.33"}, "ministack 1.5.33"),
        ("/_localstack/health", {"version": "4.14.0"}, "None"),
        ("/health", {"edition": "community", "version": "4.14.0"}, "None"),
    ],
)
def test_an_emulator_goes_by_what_it_says_of_itself(path: str, told: dict[str, str], found: str) -> None:
    with answering(path, told) as url:
        assert str(limits.emulator(url)) == found


def test_an_unknown_emulator_has_no_known_limits() -> None:
    assert limits.of(None) == limits.of(Emulator("stranger", "1")) == Limits()
    assert not limits.of(Emulator("localstack-community", "4.14.0")).applies_layers
