"""Finds unknown secrets by their shape: the values of names such as `password`, and tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steps.masking.secret_forms import EDGE, Form, Search, Span

_NAME = (
    r"passw(?:or)?d|passphrase|(?:secret|private|api)[_-]?(?:access[_-]?)?key|secret[_-]?string"
    r"|client[_-]?secret|token|x-amz-signature|x-amz-credential"
)
_NAME_MARKS = ("passw", "passphrase", "secret", "private", "api", "token", "x-amz-")
SECRET_NAME = re.compile(rf"(?:{_NAME}|authorization)$", re.I)
SECRET_VARIABLE = re.compile(rf"(?:{_NAME}|authorization|(?:^|_)(?:secret|pass)|_pwd)$", re.I)
"""Also the shorter names of environment variables, which mean other things in a text."""
_NAMED = re.compile(rf"(?:{_NAME})(?=[\"'\\\s:=%&>])")
"""For text in lower case: a case-insensitive match would take ten times as long."""
_OPENING = re.compile(r"""(?:(?P<doubled>"")|\\*["'])?\s*[:=]\s*(?P<escapes>\\*)(?P<quote>(?(doubled)""|["']))""")
_GLUE = re.compile(r"""\"'\"'|\\''""")
_OPTION = re.compile(r"--?(?:[\w-]*-)?$")
_LONGEST_OPTION = 40
_SPACE = r"(?:\s|%20|\+|&nbsp;)*"
_LETTERS = r"""(?:[^\s"'\\,;&]|\\[^\w"'\\])+"""
_VALUES = tuple(
    re.compile(shape, re.I | re.M)
    for shape in (
        # &quot;password&quot;: &quot;...&quot;, %22password%22%3A%22...%22, \u0022password\u0022: \u0022...\u0022
        rf"(?P<q>&(?:quot|apos|#39|#34|#x22|#x27);|%2[27]|\\+u002[27]){_SPACE}(?::|=|%3a|%3d){_SPACE}(?P=q)"
        r"(?P<secret>.+?)(?:(?P=q)|$)",
        # X-Amz-Signature%3D...%26 in a URL within a URL
        r"""%3d(?P<secret>(?:(?!%26|%2c|%0a)[^\s"'&,;\\])+)""",
        # <SecretAccessKey>...</SecretAccessKey>
        r"(?:>|&gt;)(?P<secret>[^<>&\s]+)(?:<|&lt;)",
        # PGPASSWORD=..., aws_session_token = ..., but not token == other; up to the next pair or closing brackets
        rf"[ \t]*=(?!=)[ \t]*(?![{{\[(]+(?:[\"'\s]|$))"
        rf"(?P<secret>{_LETTERS}(?:[,;&]+(?![\w.%-]*=){_LETTERS})*(?<![)\]}}>]))",
        # password: ... to the end of line or text, or to the next pair; not prose, which continues after a word
        r"""(?:\\*["'])?[ \t]*:[ \t]*(?P<secret>[^\s"'\\,;&{(\[][^\s"'\\,;&]*?)(?=[)\]}>]*[ \t]*(?:$|[,;&\\"']))""",
    )
)
_ARGUMENT = re.compile(r"""[ \t]+["']?(?P<secret>[^\s"'-][^\s"']*)""")
_NO_SECRETS = re.compile(r"\**|null|none|true|false", re.I)
_TOKENS = Search(
    (
        # postgresql://user:...@host, also within a URL
        Form(("://", r":\/\/"), r"""\b[A-Za-z][A-Za-z0-9+.-]{0,30}:(?:\\*/){2}[^\s:/@"'\\]*:([^\s/"'\\]+)@"""),
        Form(("%3a%2f%2f",), r"""(?i:%3a%2f%2f[^\s:/@"'%]*%3a(\S{1,500}?)%40)"""),
        # AWS: access key ids, signatures in headers and, of Signature Version 2, in URLs
        Form(("akia", "asia"), rf"{EDGE}((?:AKIA|ASIA)[A-Z0-9]{{16}})(?![A-Za-z0-9])"),
        Form(("signature=",), r"\bSignature=([0-9a-f]{32,}|[\w+/%-]{20,}(?:=|%3[Dd])*)"),
        # Authorization: Basic ..., and text that looks like base64 after the scheme without the header
        Form(
            ("authorization",),
            r"""(?i:authorization(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?(?:Basic|Bearer|Token|ApiKey|Digest|Negotiate|AWS[\w-]+)"""
            r"""\s+([^\s"'\\]+)(?=[ \t]*(?:$|[\s,;}&"'\\])))""",
        ),
        Form(("bearer",), r"\b(?i:Bearer)\s+(?=\S*[\d=+/])([\w.~+/=-]{12,})"),
        Form(("basic",), r"\b(?i:Basic)\s+(?=\S*(?:[\d=+/]|[a-z][A-Z]))([\w+/-]{6,}={0,2})"),
        # JWT, signed or encrypted; GitHub, GitLab, npm, Slack, Stripe, Google, PostgreSQL's password verifier
        Form(("eyj",), rf"{EDGE}(eyJ[\w-]{{5,}}(?:\.[\w-]*){{2,4}})"),
        Form(("ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_"), rf"{EDGE}((?:gh[opsur]_|github_pat_)\w{{20,}})"),
        Form(
            ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-"),
            rf"{EDGE}(gl(?:pat|[dr]t|cbt|ptt)-[\w-]{{16,}}(?:\.[\w-]+)*)",
        ),
        Form(("npm_",), rf"{EDGE}(npm_[A-Za-z0-9]{{30,}})"),
        Form(("xox", "xapp-"), rf"{EDGE}((?:xox[a-z]|xapp)-[\w-]{{8,}})"),
        Form(
            ("hooks.slack.com",),
            r"hooks\.slack\.com(?:\\*/|%2[Ff])(?:services|workflows|triggers)((?:\\*/|%2[Ff]|\w)+)",
        ),
        Form(("k_live_", "k_test_", "whsec_"), rf"{EDGE}((?:[srp]k_(?:live|test)|whsec)_[A-Za-z0-9]{{8,}})"),
        Form(("aiza", "gocspx-", "ya29."), rf"{EDGE}(AIza[\w-]{{35}}|GOCSPX-[\w-]{{20,}}|ya29\.[\w-]{{20,}})"),
        Form(("scram-sha-256$",), r"SCRAM-SHA-256\$(\d+:[\w+/=]+\$[\w+/=]+:[\w+/=]+)"),
        # A private key in PEM, also if truncated
        Form(
            ("private",),
            r"-----BEGIN[A-Z +%0-9]*?PRIVATE(?: |\+|%20)KEY(?:(?: |\+|%20)BLOCK)?-----"
            r"((?s:.{1,20000}?)(?=-----END)|(?:(?:\s|\||\\+[nr]|%0[AaDd])*[A-Za-z0-9+/=]{16,})+)",
        ),
    )
)


def spans(text: str, small: str) -> Iterator[Span]:
    """Yield the spans of secrets in `text`; `small` is the text in lower case, of the same length."""
    if any(mark in small for mark in _NAME_MARKS):
        for name in _NAMED.finditer(small):
            value = _value(text, *name.span())
            if value is not None and not _NO_SECRETS.fullmatch(text, *value):
                yield value
    yield from (span for span in _TOKENS.spans(text, small) if not _NO_SECRETS.fullmatch(text, *span))


def _value(text: str, start: int, end: int) -> Span | None:
    """Return the span of the value after the name at start:end, if any."""
    if opening := _OPENING.match(text, end):
        return _quoted(text, opening)
    if _OPTION.search(text, max(0, start - _LONGEST_OPTION), start) and (argument := _ARGUMENT.match(text, end)):
        return argument.span("secret")
    return next((found.span("secret") for each in _VALUES if (found := each.match(text, end))), None)


def _quoted(text: str, opening: re.Match[str]) -> Span:
    """Return the span up to the closing quote, or else to the end of the line, since the text may be truncated.

    In JSON, n = 0, 1, 3 or 7... backslashes precede a quote, depending on how often it was nested in other JSON. A
    backslash within the string becomes 2n + 2 of them, so a quote within it follows more than n modulo 2n + 2.
    """
    quote, escapes, start = opening["quote"], len(opening["escapes"]), opening.end()
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    at = start
    while found := re.compile(rf"(\\*){quote}").search(text, at, line_end):
        at = found.end()
        if len(found[1]) % (2 * escapes + 2) == escapes:
            # A shell's string continues after '"'"' and after '\'', which represent a quote in it.
            if glue := _GLUE.match(text, at) if quote == "'" else None:
                at = glue.end()
                continue
            return start, found.end(1) - escapes
    return start, line_end
