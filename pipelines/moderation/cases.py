"""SQL of the cases of moderation; triggers open and close them with the state of the listing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from core.db.tables import Listing
from core.db.tables.moderation import PEOPLES_KINDS, ModerationCase
from pipelines.moderation.findings import Finding


class CaseRepository:
    """The cases of moderation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def due(self, limit: int) -> Sequence[UUID]:
        """Return the private ads in review that the rules have not judged as they are, the oldest case first."""
        query = (
            select(ModerationCase.listing_id)
            .join(Listing, Listing.id == ModerationCase.listing_id)
            .where(ModerationCase.closed_at.is_(None), ModerationCase.kind.not_in(PEOPLES_KINDS))
            .where(Listing.seller_id.is_not(None))
            .where(ModerationCase.judged_sequence.is_distinct_from(Listing.sequence))
            .order_by(ModerationCase.id)
            .limit(limit)
        )
        return self._session.scalars(query).all()

    def open_case(self, listing_id: UUID) -> ModerationCase | None:
        """Return the open case of a listing, as it is now."""
        query = select(ModerationCase).where(
            ModerationCase.listing_id == listing_id, ModerationCase.closed_at.is_(None)
        )
        return self._session.scalars(_fresh(query)).one_or_none()

    def find(self, case_id: UUID) -> ModerationCase | None:
        """Return a case, as it is now."""
        return self._session.scalars(_fresh(select(ModerationCase).where(ModerationCase.id == case_id))).one_or_none()

    def latest(self, listing_id: UUID) -> ModerationCase | None:
        """Return the newest case of a listing."""
        query = select(ModerationCase).where(ModerationCase.listing_id == listing_id)
        return self._session.scalars(_fresh(query.order_by(ModerationCase.id.desc()).limit(1))).one_or_none()

    def needs_person(self, case: ModerationCase) -> bool:
        """Tell whether a person's concern about the listing stands: it was recalled, rejected or appealed for.

        It stands until a person approves. Otherwise a seller could take what a person rejected back to the rules, which
        may see nothing wrong with it.
        """
        theirs = or_(ModerationCase.kind.in_(PEOPLES_KINDS), ModerationCase.decided_by == "person")
        query = select(ModerationCase.outcome, ModerationCase.decided_by).where(
            ModerationCase.listing_id == case.listing_id, ModerationCase.id != case.id, theirs
        )
        last = self._session.execute(query.order_by(ModerationCase.id.desc()).limit(1)).one_or_none()
        return last is not None and tuple(last) != ("approved", "person")

    def keep_judgement(self, case: ModerationCase, sequence: int, findings: Iterable[Finding]) -> None:
        """Store the findings of the rules in the present state of the listing."""
        case.judged_sequence = sequence
        case.findings = [finding.as_json() for finding in findings]
        self._session.flush()

    def untold(self, limit: int) -> Sequence[ModerationCase]:
        """Return decided cases of private sellers that have not been told of yet."""
        query = select(ModerationCase).where(
            and_(
                ModerationCase.told_at.is_(None),
                ModerationCase.seller_id.is_not(None),
                ModerationCase.decided_by.is_not(None),
            )
        )
        locked = query.order_by(ModerationCase.id).limit(limit).with_for_update(skip_locked=True)
        return self._session.scalars(locked).all()

    def now(self) -> datetime:
        """Return the database's time of this statement."""
        moment: datetime = self._session.scalars(select(func.statement_timestamp())).one()
        return moment


def _fresh(query: Select[Any]) -> Any:  # noqa: ANN401  (a statement)
    return query.execution_options(populate_existing=True)
