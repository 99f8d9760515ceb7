"""Names that no setting holds, because the account alone tells them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from steps.drivers.functions import Functions
from steps.drivers.names import Names
from steps.drivers.step_functions import Workflow, invoked_qualifiers


def as_deployed(names: Names, client: Callable[[str], Any]) -> Names:
    """`names` with the alias or version by which the state machine invokes each function, and where that logs.

    A permission that is missing leaves them as they are: it is reported by the scenarios that need it.
    """
    with suppress(ClientError):
        if machine := Workflow(client("stepfunctions"), names.state_machine_arn, every=1).found():
            names = replace(names, qualifiers=invoked_qualifiers(machine.definition, names.functions))
    functions = Functions(client("lambda"), names.functions, names.qualifiers).logged()
    return replace(names, named_groups={f.name: f.logging["LogGroup"] for f in functions if "LogGroup" in f.logging})
