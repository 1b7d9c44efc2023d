"""Branches as commands write them: `CODE:NAME` or `CODE:NAME:CITY`."""

from core.errors import InvalidInputError
from core.identity.orgs import BranchSpec

BRANCH_HELP = "A branch as CODE:NAME or CODE:NAME:CITY; CODE is what the dealer's feed calls it."


def parse_branch(text: str) -> BranchSpec:
    """Read `CODE:NAME` or `CODE:NAME:CITY` as a branch.

    Raises:
        InvalidInputError: code `bad_branch`.
    """
    parts = [part.strip() for part in text.split(":")]
    if len(parts) not in (2, 3) or not all(parts):
        raise InvalidInputError(f"A branch is written CODE:NAME or CODE:NAME:CITY, not {text!r}.", code="bad_branch")
    return BranchSpec(*parts)
