"""The names of the pipeline's parts: a function that serves all steps counts once."""

from __future__ import annotations

from steps.drivers.names import Names
from steps.preconditions.permissions import needed

ONE = Names("123456789012", others={"splitter": "csv-processor", "processor": "csv-processor"})


def test_one_function_for_all_steps_is_one_function_with_one_log_group():
    assert ONE.functions == ("csv-processor",)
    assert ONE.log_groups == ("/aws/lambda/csv-processor",)


def test_one_role_for_all_needs_what_each_of_them_needs():
    apart, roles = Names("123456789012"), ("lambda_role", "state_machine_role", "rule_role")
    shared = needed(Names("123456789012", others=dict.fromkeys(roles, "csv")), "any")
    assert shared.keys() == {"csv"}
    assert sorted(shared["csv"]) == sorted(need for needs in needed(apart, "any").values() for need in needs)


def test_nothing_is_needed_twice_of_the_roles_of_one_function():
    for needs in needed(ONE, "any").values():
        assert len(needs) == len(set(needs))


def test_a_text_calls_things_by_the_names_of_the_settings():
    text = "`aws events describe-rule --name csv-parallel-processing-csv-upload-dev`, csv-processing-{account}-dev"
    assert Names("123456789012").rename(text) == text
    other = Names("123456789012", others={"rule": "rule-{environment}", "bucket": "in-{account}"})
    assert other.rename(text) == "`aws events describe-rule --name rule-dev`, in-123456789012"
