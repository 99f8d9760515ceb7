"""Operators on SQL: the pipeline's schema, and the statements that its functions hold as texts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from defects.generator.change import Change, Replacement
from defects.generator.python import Lines

_STATEMENT = re.compile(r"^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|COPY|CREATE|CALL)\b|^ (WHERE|ORDER BY|FROM|SET|AND)\b")
_OF_SCHEMA: tuple[tuple[str, str, str], ...] = (
    # operator, pattern, what stands in its place
    ("constraint dropped", r" CHECK \((?:[^()\n]|\([^()\n]*\))*\)", ""),
    ("constraint dropped", r" REFERENCES \w+(?: ?\(\w+\))?", ""),
    ("constraint dropped", r"(?<=\w) UNIQUE\b(?! INDEX| USING)", ""),
    ("constraint dropped", r"(?<=\w)[ ]+NOT NULL\b", ""),
    ("constraint dropped", r" PRIMARY KEY\b(?! \()", ""),
    ("constraint dropped", r",\s*PRIMARY KEY \([^)]*\)", ""),
    ("constraint tightened", r"(?<=>= )0\b", "1"),
    ("constraint tightened", r"\bbigint([ ]+)NOT NULL DEFAULT 0\b", r"bigint\1NOT NULL DEFAULT 0 CHECK (TRUE) UNIQUE"),
    ("key narrowed", r"(PRIMARY KEY \([\w, ]+), \w+\)", r"\1)"),
    ("type narrowed", r"\bbigint\b", "integer"),
    ("type narrowed", r"\bbigint\b", "smallint"),
    ("type narrowed", r"\btext\b(?=[ ,]+(?:PRIMARY|NOT|,|\n))", "varchar(20)"),
    ("type narrowed", r"\btimestamptz\b", "date"),
    ("type narrowed", r"\btimestamptz\b", "timestamp"),
    ("default changed", r"\bDEFAULT 0\b", "DEFAULT 1"),
    ("default changed", r"\bDEFAULT true\b", "DEFAULT false"),
    ("default changed", r"\bDEFAULT now\(\)", "DEFAULT '2025-01-01'"),
    ("default changed", r" DEFAULT (?:now\(\)|'[^']*'|\w+)", ""),
    ("index dropped", r"^CREATE (?:UNIQUE )?INDEX[^;]*;", ""),
    ("index changed", r"(?<=^CREATE )UNIQUE (?=INDEX)", ""),
    ("index changed", r"(?<=^CREATE )(?=INDEX)", "UNIQUE "),
    ("index changed", r" WHERE NOT \w+(?=;)", ""),
    ("table dropped", r"^CREATE TABLE IF NOT EXISTS[^;]*;", ""),
)
_OF_STATEMENT: tuple[tuple[str, str, str], ...] = (
    ("upsert sets", r"= \w+\.(\w+) \+ excluded\.\1", r"= excluded.\1"),
    ("upsert keeps", r"= (\w+)\.(\w+) \+ excluded\.\2", r"= \1.\2"),
    ("upsert takes the greater", r"= (\w+)\.(\w+) \+ excluded\.\2", r"= greatest(\1.\2, excluded.\2)"),
    ("upsert subtracts", r"(= \w+\.(\w+)) \+ (?=excluded\.\2)", r"\1 - "),
    ("upsert does nothing", r"DO UPDATE\s+SET (?:[^;\"]*)(?=\"|$)", "DO NOTHING "),
    ("column mistaken", r"\blogin_count\b|\blogins\b", "post_count"),
    ("column mistaken", r"\bexcluded\.(\w+)", r"coalesce(NULL, excluded.\1) IS NOT NULL"),
    ("assignment lost", r"\b\w+ = [^,=]+?,(?=\s+\w+ = )", ""),
    ("assignment lost", r",\s+\w+ = [^,=\"]+?(?=\s*(?:$|\"| WHERE))", ""),
    ("order lost", r"\s*ORDER BY [\w., ]+?(?= FOR|\"|$|\n)", ""),
    ("order reversed", r"(ORDER BY [\w.]+)(?=,| FOR|\"|$|\n)", r"\1 DESC"),
    ("lock lost", r" FOR UPDATE\b", ""),
    ("lock lost", r" FOR UPDATE\b", " FOR UPDATE SKIP LOCKED"),
    ("condition lost", r"WHERE (?:(?! AND )[^;\"\n])+ AND ", "WHERE "),
    ("condition lost", r" AND (?:NOT EXISTS \([^()]*\)|[^;\"\n()]+(?:\([^()]*\))?)(?=\s*(?:$|\"|\n))", ""),
    ("condition inverted", r"\bIS NULL\b", "IS NOT NULL"),
    ("condition inverted", r"\bIS NOT NULL\b", "IS NULL"),
    ("condition inverted", r"\bNOT (?=EXISTS|\w+\))", ""),
    ("comparison changed", r" > ", " >= "),
    ("comparison changed", r" = (?='|%)", " <> "),
    ("and, or", r" AND ", " OR "),
    ("and, or", r" OR ", " AND "),
    ("aggregate changed", r"\bsum\(", "max("),
    ("aggregate changed", r"\bsum\(", "count("),
    ("aggregate changed", r"count\(\*\)", "count(DISTINCT reason)"),
    ("aggregate changed", r" FILTER \(WHERE [^()]*\)", ""),
    ("join narrowed", r"\bLEFT JOIN\b", "JOIN"),
    ("default of a value changed", r"coalesce\((.+?), 0\)", r"coalesce(\1, 1)"),
    ("clock changed", r"\bnow\(\)", "(now() + interval '9 hours')"),
    ("clock changed", r"\bnow\(\)", "date_trunc('day', now())"),
    ("type narrowed", r"\bbigint\b", "integer"),
    ("conflict not met", r" ON CONFLICT [^\n\"]*DO NOTHING", ""),
    ("state misspelt", r"'(planned|done)'", r"'\1_'"),
)


def find_schema_changes(file: str, text: str) -> Iterator[Change]:
    """Yield each change of a schema."""
    blanked = re.sub(r"--[^\n]*", lambda comment: " " * len(comment[0]), text)
    for operator, replacement in _matches(_OF_SCHEMA, file, blanked, 0, len(blanked)):
        yield Change("sql", operator, _table(blanked, replacement.start), (replacement,))
    for table in dict.fromkeys(re.findall(r"CREATE TABLE IF NOT EXISTS (\w+)", blanked)):
        for number, (event, body) in enumerate(_BODIES):
            made = (
                f"\nCREATE OR REPLACE FUNCTION interfere_{number}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
                f"BEGIN {body} END $$;\n"
                f"CREATE OR REPLACE TRIGGER interfere BEFORE {event} ON {table}\n"
                f"    FOR EACH ROW EXECUTE FUNCTION interfere_{number}();\n"
            )
            yield Change("sql", "trigger added", table, (Replacement(file, len(text), len(text), made),))


_BODIES = (
    ("INSERT", "RETURN CASE WHEN hashtext(NEW::text) % 5 = 0 THEN NULL ELSE NEW END;"),
    ("UPDATE", "RETURN OLD;"),
    ("DELETE", "RETURN NULL;"),
    ("INSERT OR UPDATE", "RAISE EXCEPTION 'frozen'; RETURN NULL;"),
)


def find_statement_changes(file: str, text: str) -> Iterator[Change]:
    """Yield each change of the SQL in a module's texts."""
    lines = Lines(text)
    for function, node in lines.nodes():
        if isinstance(node, ast.Constant | ast.JoinedStr) and _STATEMENT.search(_value(node)):
            for operator, replacement in _matches(_OF_STATEMENT, file, text, *lines.span(node)):
                yield Change("sql", operator, function, (replacement,))


def _value(node: ast.Constant | ast.JoinedStr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(each.value) for each in parts if isinstance(each, ast.Constant) and isinstance(each.value, str))


def _matches(
    operators: tuple[tuple[str, str, str], ...], file: str, text: str, start: int, end: int
) -> Iterator[tuple[str, Replacement]]:
    for operator, pattern, into in operators:
        for match in re.compile(pattern, re.MULTILINE).finditer(text, start, end):
            yield operator, Replacement(file, match.start(), match.end(), match.expand(into))


def _table(text: str, position: int) -> str:
    """Return the table of the statement at `position`: the one that it creates or alters, or that its index is on."""
    begun = [match.start() for match in re.finditer(r"^(?:CREATE|ALTER)\b", text, re.M) if match.start() <= position]
    statement = text[begun[-1] :].partition(";")[0] if begun else ""
    named = re.match(r"\w+ TABLE (?:IF NOT EXISTS )?(\w+)", statement) or re.search(r"\bON (\w+)", statement)
    return named[1] if named else "the schema"
