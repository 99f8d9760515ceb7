"""Functions' processes share what their layers have installed, and nothing else of each other."""

import os
import signal
import sys

import psutil
import pytest

from local_aws import LocalAws
from tests.local_aws.conftest import Deploy, Layer
from tests.local_aws.helpers import eventually, runs

WHOSE = (
    "import os\nimport six\ndef handler(event, context): return [six.__file__.startswith(os.getcwd()), os.getppid()]"
)


def test_a_module_of_the_functions_own_comes_before_an_installed_one(deploy: Deploy) -> None:
    assert deploy(WHOSE)().payload[0] is False
    assert deploy({"app.py": WHOSE, "six.py": ""})().payload[0] is True


def test_a_variable_that_is_read_at_a_processs_start_is_read(deploy: Deploy) -> None:
    source = "import locale\ndef handler(event, context): return locale.setlocale(locale.LC_NUMERIC, '')"
    assert deploy(source, Environment={"Variables": {"LC_ALL": "C"}})().payload == "C"
    assert deploy(source, Environment={"Variables": {"LC_NUMERIC": "POSIX"}})().payload in ("C", "POSIX")


def test_two_processes_have_neither_variables_nor_random_numbers_in_common(deploy: Deploy) -> None:
    source = "import os, random\ndef handler(event, context): return [os.environ.get('MINE'), random.random()]"
    mine, theirs = deploy(source, Environment={"Variables": {"MINE": "1"}})().payload, deploy(source)().payload
    assert (mine[0], theirs[0]) == ("1", None)
    assert mine[1] != theirs[1]


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
def test_functions_go_on_when_the_process_they_are_forked_from_is_killed(deploy: Deploy) -> None:
    function = deploy(WHOSE)
    keeper = function().payload[1]
    forker = psutil.Process(keeper).ppid()
    os.kill(forker, signal.SIGKILL)
    eventually(lambda: not runs(forker), "the process to end")
    assert function().payload[1] == keeper
    assert psutil.Process(deploy(WHOSE)().payload[1]).ppid() != forker


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
def test_the_packages_of_layers_are_imported_before_the_first_call(aws: LocalAws, deploy: Deploy, layer: Layer) -> None:
    before = forkers(aws)
    deploy(WHOSE, Layers=[layer({"python/any.py": ""})])
    eventually(lambda: forkers(aws) - before, "a process that imports them")


def forkers(aws: LocalAws) -> set[psutil.Process]:
    children = psutil.Process(aws.pid).children()
    return {each for each in children if any(part.endswith("zygote.py") for part in each.cmdline())}


def test_what_a_function_has_started_ends_with_it(deploy: Deploy) -> None:
    source = (
        "import os, subprocess\n"
        "def handler(event, context):\n"
        "    if event: os._exit(1)\n"
        "    return subprocess.Popen(['sleep', '600']).pid\n"
    )
    function = deploy(source)
    started = function().payload
    assert runs(started)
    assert function("now").error == "Unhandled"
    eventually(lambda: not runs(started), "what it has started to end")
