"""Changes to a deployed pipeline that someone could make from outside, one function each; all arguments are str."""

from defects.sabotage.aws import call
from defects.sabotage.functions import configure, remove_variable, rename_variable, reserve, set_variable
from defects.sabotage.network import close_egress, open_to_the_internet, stop_answers
from defects.sabotage.roles import allow, point, run_under, strip, strip_to
from defects.sabotage.stores import change_login, item, limit_connections, sql
from defects.sabotage.trigger import delete_rule, double_rule, empty_inbox, pattern, redefine, start_again, target

__all__ = [
    "allow",
    "call",
    "change_login",
    "close_egress",
    "configure",
    "delete_rule",
    "double_rule",
    "empty_inbox",
    "item",
    "limit_connections",
    "open_to_the_internet",
    "pattern",
    "point",
    "redefine",
    "remove_variable",
    "rename_variable",
    "reserve",
    "run_under",
    "set_variable",
    "sql",
    "start_again",
    "stop_answers",
    "strip",
    "strip_to",
    "target",
]
