"""Which requests a web page may have sent: one whose name was rebound to 127.0.0.1 names another host than this AWS."""

from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

_OURS = ("127.0.0.1", "localhost", "::1")


def named_in(host: str) -> bool:
    """Whether `host`, as a request has it, is the loopback address or a name that no DNS but our own answers."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in _OURS or name.endswith(".localhost")


def is_sent_by_a_page(headers: Headers) -> bool:
    """Whether a browser has sent it for a page; AWS's clients, and whoever opens a link, send none of these headers."""
    if "Origin" in headers or headers.get("Sec-Fetch-Site", "none") != "none":
        return True
    return any(name.lower().startswith("access-control-request-") for name, _ in headers)
