"""The environment variables of the caller that are removed, kept or replaced."""

from __future__ import annotations

import pytest

from local_aws.surroundings import for_python, isolated, led, stripped, unproxied

LOOPBACK = "127.0.0.1,localhost,::1"


@pytest.mark.parametrize(
    ("told", "url", "hosts"),
    [
        ({}, "", LOOPBACK),
        ({"NO_PROXY": "a.example, 127.0.0.1"}, "", "a.example,127.0.0.1,localhost,::1"),
        ({"NO_PROXY": "a.example", "no_proxy": "b.example"}, "", f"b.example,{LOOPBACK}"),
        ({}, "http://emulator:4566/any", f"{LOOPBACK},emulator"),
        ({}, "http://localhost:4566", LOOPBACK),
    ],
)
def test_no_proxy_stands_before_this_machine_and_the_host_that_is_named(told: dict[str, str], url: str, hosts: str):
    assert unproxied(told, url) == {"NO_PROXY": hosts, "no_proxy": hosts}


def test_exported_keys_replace_all_others():
    caller = {"AWS_PROFILE": "dev", "AWS_SESSION_TOKEN": "old", "AWS_CA_BUNDLE": "ca.pem", "HOME": "/home/any"}
    exports = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key"}
    assert led(caller, exports) == {"AWS_CA_BUNDLE": "ca.pem", "HOME": "/home/any", **unproxied({}), **exports}
    assert led({"AWS_PROFILE": "dev"}, {"AWS_REGION": "any"})["AWS_PROFILE"] == "dev"


def test_proxies_and_python_stay_as_they_are_for_what_the_user_starts():
    caller = {
        "HTTPS_PROXY": "http://proxy",
        "PYTHONPATH": "/mine",
        "LC_ALL": "C",
        "PGHOST": "other",
        "AWS_REGION": "any",
    }
    kept = isolated(caller)
    assert {"HTTPS_PROXY": "http://proxy", "PYTHONPATH": "/mine", "LC_ALL": "C"}.items() <= kept.items()
    assert not {"PGHOST", "AWS_REGION"} & kept.keys()
    assert isolated(kept) == kept


def test_a_python_of_ours_keeps_where_its_packages_are_and_nothing_that_alters_what_it_does():
    caller = {"PYTHONUSERBASE": "/packages", "PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2", "LANG": "C"}
    assert for_python(caller) == {"PYTHONUSERBASE": "/packages", "PYTHONUTF8": "1", "LANG": "C"}


def test_a_process_of_ours_is_told_nothing_by_variables_that_nobody_has_thought_of():
    caller = {"PATH": "/bin", "LD_LIBRARY_PATH": "/lib", "FLASK_DEBUG": "1", "LC_ALL": "C", "ANY": "thing", "TZ": "Any"}
    kept = stripped(caller)
    assert not {"FLASK_DEBUG", "LC_ALL", "ANY"} & kept.keys()
    assert (kept["PATH"], kept["LD_LIBRARY_PATH"], kept["TZ"]) == ("/bin", "/lib", "UTC")
