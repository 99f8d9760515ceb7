"""Which Host headers name this AWS: a page from elsewhere, whose name was rebound to 127.0.0.1, names another."""

from urllib.parse import urlsplit

_OURS = ("127.0.0.1", "localhost", "::1")


def named_in(host: str) -> bool:
    """Whether `host`, as a request has it, is the loopback address or a name that no DNS but our own answers."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in _OURS or name.endswith(".localhost")
