"""The test users, as whoever asks the database about them has to know them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class User:
    """A test user as it is registered."""

    user_id: str
    username: str
    email: str


def session_settings(users: Sequence[User]) -> dict[str, str]:
    """The settings of a PostgreSQL session by which the files under sql/ know the test users."""
    return {
        "acceptance.users": str(len(users)),
        "acceptance.test_users": json.dumps([asdict(user) for user in users], ensure_ascii=False),
    }
