"""SQL takes values by parameters alone: what is executed stands in the source, and is never put together."""

import ast
from collections.abc import Iterator

import pytest

from tests.system_under_test.conftest import ROOT

SOURCES = [path for folder in ("system_under_test", "examples") for path in (ROOT / folder).rglob("*.py")]
EXECUTING = ("execute", "executemany", "copy")


def constants(trees: list[ast.Module]) -> set[str]:
    """The names that modules give to text as it stands."""
    return {
        target.id
        for tree in trees
        for statement in tree.body
        if isinstance(statement, ast.Assign) and standing(statement.value, set())
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def standing(text: ast.expr, known: set[str]) -> bool:
    """Whether it is text as it stands in the source, or such text with `known` constants in it."""
    match text:
        case ast.Constant(value=str() | bytes()):
            return True
        case ast.JoinedStr(values=parts):
            return all(standing(part, known) for part in parts)
        case ast.FormattedValue(value=value):
            return standing(value, known)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return standing(left, known) and standing(right, known)
        case ast.Name(id=name):
            return name in known
    return False


def executed(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in EXECUTING:
            yield node.args[0]


def composed(sources: list[str]) -> list[str]:
    """The SQL that is put together from anything but constants."""
    trees = [ast.parse(source) for source in sources]
    known = constants(trees)
    return [ast.unparse(sql) for tree in trees for sql in executed(tree) if not standing(sql, known)]


def test_no_sql_is_put_together_at_run() -> None:
    sources = [path.read_text("utf-8") for path in SOURCES]
    assert sum(len([*executed(ast.parse(source))]) for source in sources) > 20
    assert composed(sources) == []


@pytest.mark.parametrize("sql", ["f'SELECT {user}'", "'SELECT %s' % user", "'SELECT ' + user", "sql", "str(user)"])
def test_sql_that_is_put_together_is_found(sql: str) -> None:
    assert composed([f"KEYS = 'a, b'\nconnection.execute(f'SELECT {{KEYS}}')\nconnection.execute({sql})"])
