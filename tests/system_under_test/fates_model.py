"""What becomes of each record of a valid file, told anew by its rules alone: one pattern, one sum for each user."""

import re

from tests.system_under_test.csv_model import Found

MOST = 2**63 - 1
_GOOD = re.compile(r'("?)(U[0-9]{5,9})\1,("?)0*([0-9]{1,19})\3,("?)0*([0-9]{1,19})\5')

Totals = dict[str, tuple[int, int]]


def fates_of(chunks: list[list[Found]], active: dict[str, bool], before: Totals) -> tuple[dict[int, str], Totals]:
    """Why each rejected record is rejected, by line, and all totals afterwards; `active`: every user there is."""
    reasons, totals = {}, dict(before)
    for chunk in chunks:
        good: dict[str, list[tuple[int, int, int]]] = {}
        for line, _, content in chunk:
            found = _GOOD.fullmatch(content.decode())
            if not found or max(int(found[4]), int(found[6])) > MOST:
                reasons[line] = "ValidationError"
            elif not active.get(found[2]):
                reasons[line] = "UserInactiveError" if found[2] in active else "UserNotFoundError"
            else:
                good.setdefault(found[2], []).append((line, int(found[4]), int(found[6])))
        for user, records in good.items():
            lines, logins, posts = zip(*records, strict=True)
            after = tuple(map(sum, zip(totals.get(user, (0, 0)), (sum(logins), sum(posts)), strict=True)))
            if max(after) > MOST:
                reasons |= dict.fromkeys(lines, "ValidationError")
            else:
                totals[user] = after[0], after[1]
    return reasons, totals
