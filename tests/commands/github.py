"""A server that stands for GitHub's API and for a Slack webhook, on this machine; it keeps what it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghs_a-token-that-nobody-may-see"
WEBHOOK = "/services/T000/B000/a-webhook-that-nobody-may-see"


@dataclass
class GitHub:
    """Issues by number, their comments, the posts to Slack; `down` are the paths that answer 500."""

    url: str = ""
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: list[tuple[int, str]] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    writes: int = 0

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> tuple[int, Any]:
        """(status, body), as the API's documentation says."""
        if any(path.startswith(each) for each in self.down):
            return 500, {"message": "Server Error"}
        self.writes += method != "GET"
        if path == WEBHOOK:
            self.posts.append(body["text"])
            return 200, "ok"
        match [method, *path.split("/")[4:]]:
            case ["GET", "issues"]:
                return 200, [each for each in self.issues.values() if self._wanted(each, query)]
            case ["POST", "issues"]:
                return 201, self._opened(body)
            case ["POST", "issues", number, "comments"]:
                self.comments.append((int(number), body["body"]))
                return 201, {}
            case ["PATCH", "issues", number]:
                self.issues[int(number)] |= body
                return 200, self.issues[int(number)]
        return 404, {"message": "Not Found"}

    def _wanted(self, issue: dict[str, Any], query: dict[str, list[str]]) -> bool:
        named = {label["name"] for label in issue["labels"]}
        return issue["state"] == query["state"][0] and set(query["labels"][0].split(",")) <= named

    def _opened(self, told: dict[str, Any]) -> dict[str, Any]:
        number = len(self.issues) + 1
        issue = told | {
            "number": number,
            "state": "open",
            "html_url": f"https://github.example/o/r/issues/{number}",
            "labels": [{"name": name} for name in told["labels"]],
        }
        self.issues[number] = issue
        return issue


@contextmanager
def github() -> Iterator[GitHub]:
    """It, at `url`, until the block ends."""
    held = GitHub()

    class Handler(BaseHTTPRequestHandler):
        """Hands each request to `held`."""

        def do(self) -> None:
            parts = urlsplit(self.path)
            told = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if parts.path != WEBHOOK and self.headers["Authorization"] != f"Bearer {TOKEN}":
                status, said = 401, {"message": "Bad credentials"}
            else:
                status, said = held.answer(
                    self.command, parts.path, parse_qs(parts.query), json.loads(told) if told else {}
                )
            self.send_response(status)
            self.send_header(
                "Content-Type", "text/html" if isinstance(said, str) else "application/json; charset=utf-8"
            )
            self.end_headers()
            self.wfile.write(said.encode() if isinstance(said, str) else json.dumps(said).encode())

        do_GET = do_POST = do_PATCH = do  # noqa: N815 - http.server's names

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        held.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield held
        finally:
            server.shutdown()
            thread.join()
