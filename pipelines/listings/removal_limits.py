"""Limit how much a full feed may remove before a person is asked; a dealer may have limits of its own.

The defaults are published in docs/runbooks/feeds.md.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import FeedGuardOverrides
from core.errors import InvalidInputError


@dataclass(frozen=True)
class RemovalLimits:
    """A feed may remove `always` cars whatever the share, else at most `share` of the live ones, never over `most`."""

    share: float = 0.30
    """Dealers turn over less than a third of their stock between two deliveries; a truncated upload or a broken
    export filter loses more."""
    always: int = 5
    """A small dealer may sell this many at once."""
    most: int = 1_000
    """No dealer sells more in a day, and nobody can look through a longer list of mistakes."""

    def allow(self, missing: int, live: int) -> bool:
        """Tell whether a full feed that lacks this many of the live cars is believed."""
        return missing <= min(max(self.always, self.share * live), self.most)


DEFAULT_LIMITS = RemovalLimits()


def removal_limits_of(session: Session, org_ids: Collection[UUID]) -> dict[UUID, RemovalLimits]:
    """Return the limits of each of these organisations: the defaults where it has none of its own."""
    rows = session.scalars(select(FeedGuardOverrides).where(FeedGuardOverrides.org_id.in_(org_ids)))
    return dict.fromkeys(org_ids, DEFAULT_LIMITS) | {row.org_id: _with_defaults(row) for row in rows}


def override_removal_limits(session: Session, overrides: FeedGuardOverrides) -> RemovalLimits:
    """Replace all overrides of an organisation, and return its limits. Null limits go back to their defaults.

    Raises:
        InvalidInputError: the share is not from 0 to 1, or a count is negative.
    """
    share, counts = overrides.removal_share, (overrides.removal_always, overrides.removal_most)
    if share is not None and not 0 <= share <= 1:
        raise InvalidInputError(f"The share is a part of the live cars, 0 to 1, not {share}.", code="bad_limits")
    if any(count is not None and not 0 <= count < 2**31 for count in counts):
        raise InvalidInputError("A number of cars is 0 or more.", code="bad_limits")
    session.merge(overrides)
    session.flush()
    return _with_defaults(overrides)


def _with_defaults(row: FeedGuardOverrides) -> RemovalLimits:
    share, always, most = row.removal_share, row.removal_always, row.removal_most
    return RemovalLimits(
        DEFAULT_LIMITS.share if share is None else share,
        DEFAULT_LIMITS.always if always is None else always,
        DEFAULT_LIMITS.most if most is None else most,
    )
