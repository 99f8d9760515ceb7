"""The test users, and the PostgreSQL session settings that pass them to the SQL files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class User:
    """A test user as registered in the database."""

    user_id: str
    username: str
    email: str


def session_settings(users: Sequence[User]) -> dict[str, str]:
    """The settings of a PostgreSQL session through which the files under sql/ receive the test users."""
    return {
        "acceptance.users": str(len(users)),
        "acceptance.test_users": json.dumps([asdict(user) for user in users], ensure_ascii=False),
    }
