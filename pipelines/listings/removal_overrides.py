"""A dealer's own limits of the removal guard, where the published ones do not fit."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import FeedSettings, Org
from core.errors import InvalidInputError


@dataclass(frozen=True)
class LimitOverrides:
    """What differs from the defaults; None: the default holds."""

    share: float | None = None  # of the live cars, 0 to 1
    always: int | None = None  # so many may go, whatever the share
    most: int | None = None  # never more than this

    def given(self) -> dict[str, float]:
        """The overridden limits alone."""
        return {name: value for name, value in vars(self).items() if value is not None}


def limits_of(session: Session, org_id: UUID) -> LimitOverrides:
    """The overrides of an organisation; none where it has no row."""
    return limits_of_all(session, [org_id]).get(org_id, LimitOverrides())


def limits_of_all(session: Session, org_ids: Collection[UUID]) -> dict[UUID, LimitOverrides]:
    """The overrides of those organisations that have a row."""
    rows = session.scalars(select(FeedSettings).where(FeedSettings.org_id.in_(org_ids)))
    return {row.org_id: LimitOverrides(row.removal_share, row.removal_always, row.removal_most) for row in rows}


def set_limits(session: Session, org: Org, limits: LimitOverrides, *, actor: str, now: datetime) -> None:
    """Replace all overrides of an organisation.

    Raises:
        InvalidInputError: the share is not from 0 to 1, or a count is negative.
    """
    if limits.share is not None and not 0 <= limits.share <= 1:
        raise InvalidInputError(f"The share is a part of the live cars, 0 to 1, not {limits.share}.", code="bad_limits")
    if any(count is not None and not 0 <= count < 2**31 for count in (limits.always, limits.most)):
        raise InvalidInputError("A number of cars is 0 or more.", code="bad_limits")
    row = session.get(FeedSettings, org.id) or FeedSettings(org_id=org.id)
    row.removal_share, row.removal_always, row.removal_most = limits.share, limits.always, limits.most
    row.changed_by, row.changed_at = actor, now
    session.add(row)
    session.flush()
