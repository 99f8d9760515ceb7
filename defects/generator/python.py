"""Operators on the pipeline's Python: those of mutation testers, and faults that such pipelines have in life."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from defects.generator.change import Change, Replacement

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
_ZONE = "__import__('datetime').timezone(__import__('datetime').timedelta(hours=9))"
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Lines:
    """A module's text with its tree; positions are characters of the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt | ast.excepthandler) -> tuple[int, int]:
        """Return where a node begins and ends."""
        return self._at(node.lineno, node.col_offset), self._at(node.end_lineno or 0, node.end_col_offset or 0)

    def _at(self, line: int, byte: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:byte].decode())

    def source(self, node: ast.expr | ast.stmt) -> str:
        """Return a node's text."""
        start, end = self.span(node)
        return self.text[start:end]

    def nodes(self) -> Iterator[tuple[str, ast.AST]]:
        """Yield each node that runs, but no part of an f-string, with the name of the function around it."""
        yield from _nodes(self.tree, "the module")


def _nodes(node: ast.AST, place: str) -> Iterator[tuple[str, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.Import | ast.ImportFrom):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, Function | ast.ClassDef):
                inner = child.name if place == "the module" else f"{place}.{child.name}"
            else:
                inner = place
            yield inner, child
            if not isinstance(child, ast.JoinedStr):  # before Python 3.12 its parts have no positions
                yield from _nodes(child, inner)


def changes(file: str, text: str) -> Iterator[Change]:
    """Yield each change of a module."""
    lines = Lines(text)
    for place, node in lines.nodes():
        for operator, target, new in _of_node(lines, node):
            yield Change("python", operator, place, (Replacement(file, *lines.span(target), new),))
        for operator, start, end, new in _of_block(lines, node):
            yield Change("python", operator, place, (Replacement(file, start, end, new),))


Found = Iterator[tuple[str, ast.expr | ast.stmt, str]]
"""Operator, the node, and the text in its place."""


def _of_node(lines: Lines, node: ast.AST) -> Found:
    if isinstance(node, ast.expr):
        for operator, new in _of_expression(node):
            yield operator, node, f"({new})" if isinstance(node, ast.BoolOp | ast.Compare | ast.BinOp) else new
    if isinstance(node, ast.stmt):
        yield from _of_statement(lines, node)
    if isinstance(node, ast.Try):
        for handler in node.handlers:
            if not (len(handler.body) == 1 and isinstance(handler.body[0], ast.Pass)):
                yield "exception swallowed", handler.body[0], "pass" if len(handler.body) == 1 else "return"
            if handler.type:
                yield "more exceptions caught", handler.type, "Exception"
                yield "exception not caught", handler.type, "ZeroDivisionError"


def _of_expression(node: ast.expr) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Compare(ops=[op], left=left, comparators=right):
            for other in _COMPARED.get(type(op), ()):
                yield "comparison changed", ast.unparse(ast.Compare(left, [other()], right))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _CALCULATED and not _is_text(left, right):
            yield "arithmetic changed", ast.unparse(ast.BinOp(left, _CALCULATED[type(op)](), right))
        case ast.BoolOp(op=op, values=values):
            yield "and, or", ast.unparse(ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values))
            yield "condition lost", ast.unparse(values[0])
            yield "condition lost", ast.unparse(values[-1])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not dropped", f"({ast.unparse(operand)})"
        case ast.Constant(value=bool(value)):
            yield "constant changed", str(not value)
        case ast.Constant(value=int(value)):
            yield "constant changed", str(value + 1)
            if value > 9:
                yield "constant changed", str(value // 10)
        case ast.Constant(value=str(value)) if value.isidentifier():
            yield "text changed", repr(value + "s")
        case ast.Call(func=ast.Attribute(value=owner, attr="now"), args=[_]):
            yield "clock or zone changed", f"{ast.unparse(owner)}.now({_ZONE})"
        case ast.Call(func=ast.Name(id="time" | "monotonic" as clock), args=[]):
            yield "clock or zone changed", f"({clock}() + 32400)"
            yield "clock or zone changed", f"({clock}() * 1000)"
        case ast.Call(func=ast.Attribute(attr="astimezone") as method, args=[_]):
            yield "clock or zone changed", f"{ast.unparse(method)}({_ZONE})"
        case ast.Call(func=ast.Name(id="Decimal"), args=[value]):
            yield "int for Decimal", f"int(float({ast.unparse(value)}))"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield "condition inverted", f"({ast.unparse(ast.IfExp(test, orelse, body))})"
        case ast.Subscript(slice=ast.Slice(lower, upper, step)) if lower or upper:
            yield "cut moved", ast.unparse(ast.Subscript(node.value, ast.Slice(upper, lower, step)))
        case ast.Call(func=func, args=args, keywords=keywords):
            for place in range(len(args) - 1 if not any(isinstance(each, ast.Starred) for each in args) else 0):
                swapped = [*args[:place], args[place + 1], args[place], *args[place + 2 :]]
                yield "arguments swapped", ast.unparse(ast.Call(func, swapped, keywords))
            for place, keyword in enumerate(keywords):
                if keyword.arg:
                    rest = [*keywords[:place], *keywords[place + 1 :]]
                    yield "keyword dropped", ast.unparse(ast.Call(func, args, rest))
        case ast.Dict(keys=keys, values=values) if len(keys) > 1:
            for place, key in enumerate(keys):
                if key:
                    others = ast.Dict([*keys[:place], *keys[place + 1 :]], [*values[:place], *values[place + 1 :]])
                    yield "entry dropped", ast.unparse(others)


def _is_text(*nodes: ast.expr) -> bool:
    return any(
        isinstance(each, ast.JoinedStr) or isinstance(getattr(each, "value", None), str | bytes) for each in nodes
    )


def _of_statement(lines: Lines, node: ast.stmt) -> Found:
    match node:
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield "return changed", node, "return None"
        case ast.Raise():
            yield "exception swallowed", node, "return"
        case ast.Expr(value=ast.Call()):
            yield "call dropped", node, "pass"
            yield "done twice", node, f"{ast.unparse(node)}; {ast.unparse(node)}"
        case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
            yield "left over lost", node, "pass"
        case ast.AugAssign():
            yield "assignment lost", node, "pass"
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
            if node.col_offset:
                key = f"'_first_{name}'"
                yield "value cached over invocations", call, f"globals().setdefault({key}, {ast.unparse(call)})"
        case ast.If(test=test):
            yield "condition inverted", test, f"not ({ast.unparse(test)})"
            yield "condition lost", test, "True"
            yield "condition lost", test, "False"
        case ast.For(iter=each):
            yield "left over lost", each, f"list({ast.unparse(each)})[:-1]"
            yield "left over lost", each, f"list({ast.unparse(each)})[:1]"
            yield "left over lost", each, f"list({ast.unparse(each)})[:25]"
        case ast.Continue():
            yield "loop left too early", node, "break"
        case ast.Break():
            yield "loop left too late", node, "continue"


def _of_block(lines: Lines, node: ast.AST) -> Iterator[tuple[str, int, int, str]]:
    """Operator, start, end and text of changes of several statements; each statement has lines of its own."""
    if isinstance(node, ast.With) and "transaction" in "".join(ast.unparse(each) for each in node.items):
        end = lines.span(node.items[-1].context_expr)[1]
        yield "commit moved", lines.span(node)[0], end, "if True"
    for body in (getattr(node, "body", None), getattr(node, "finalbody", None)):
        if not isinstance(body, list) or not body or isinstance(node, ast.ClassDef):
            continue
        for first, second in pairwise(body):
            if isinstance(first, ast.Import | ast.ImportFrom | Function) or first.lineno == second.lineno:
                continue
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                continue
            operator = "success line moved" if _is_log(second) or _is_log(first) else "statements swapped"
            start, end = lines.span(first)[0], lines.span(second)[1]
            between = lines.text[lines.span(first)[1] : lines.span(second)[0]]
            if not isinstance(first, ast.Return | ast.Raise) and not isinstance(second, ast.Return | ast.Raise):
                yield operator, start, end, lines.source(second) + between + lines.source(first)
        last = body[-1]
        if isinstance(node, Function) and len(body) > 1 and isinstance(last, ast.Expr | ast.Return):
            inner = [each for each in body[:-1] if _is_log(each)]
            for each in inner:
                yield "success line moved", *lines.span(each), "pass"
        if isinstance(node, ast.With) and "transaction" in ast.unparse(node.items[0]) and len(body) > 1:
            indent, out = " " * body[-1].col_offset, " " * node.col_offset
            source = lines.source(body[-1]).replace("\n" + indent, "\n" + out)
            start = lines.span(body[-2])[1]
            yield "commit moved", start, lines.span(body[-1])[1], f"\n{out}{source}"


def _is_log(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and ast.unparse(node).startswith(("logger.", "log.", "journal."))
