"""Decide cases: by a moderator, of the listing as it was read, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.permissions import require
from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Listing
from core.db.tables.moderation import ModerationCase
from core.observability.redaction import mask_contacts
from core.states.listings import GIVERS, Giver, Mover, may_move
from core.vocabulary import ListingStatus
from pipelines.listings.single_writes import SingleListingRepository
from pipelines.moderation.cases import CaseRepository
from serving.listings.errors import IfMatchNeededError
from serving.moderation.declarations import MODERATE
from serving.moderation.errors import (
    CaseChangedError,
    CaseClosedError,
    CaseNotFoundError,
    OwnCaseError,
    ReasonNeededError,
)
from serving.moderation.queue import etag_of
from serving.moderation.standing import Standing, standing

Verdict = Literal["approve", "reject"]
_MOVES: dict[Verdict, ListingStatus] = {"approve": ListingStatus.LIVE, "reject": ListingStatus.REJECTED}
_OTHER = "other_reason"


@dataclass(frozen=True)
class Decision:
    """A moderator's decision, and the reasons that the owner is told."""

    verdict: Verdict
    reasons: Sequence[str] = ()
    note: str | None = None


def decide_case(
    session: Session, principal: Principal, case_id: UUID, decision: Decision, if_match: str | None
) -> Standing:
    """Approve or reject the listing of a case, as the moderator read it.

    Raises:
        ForbiddenError, OwnCaseError, CaseNotFoundError, ReasonNeededError: as they say.
        IfMatchNeededError, CaseChangedError: the listing is not as the moderator read it.
        CaseClosedError: somebody was faster, or the owner took the listing back.
    """
    require(principal, MODERATE)
    _check_reasons(decision)
    listing, case = _locked(session, case_id)
    if if_match is None:
        raise IfMatchNeededError
    if if_match.strip() != etag_of(listing):
        raise CaseChangedError
    if listing.seller_id is not None and listing.seller_id == principal.user_id:
        raise OwnCaseError
    old, to = ListingStatus(listing.status), _MOVES[decision.verdict]
    if not may_move(old, to, Mover.MODERATOR, Giver(listing.state_by)):
        raise CaseClosedError(str(old))
    SingleListingRepository(session).move(listing, to, GIVERS[Mover.MODERATOR], None)
    case.reasons = list(dict.fromkeys(decision.reasons))
    case.note = None if decision.note is None else mask_contacts(decision.note)
    session.flush()
    session.refresh(case)
    after = {"status": str(to), "case": str(case.id), "kind": case.kind, "reasons": case.reasons}
    act = Act("moderation.decide", "listing", str(listing.id), listing.org_id, {"status": str(old)}, after, case.note)
    record(session, Actor.of(principal), act)
    return standing(principal, listing, case)


def _check_reasons(decision: Decision) -> None:
    rejects = decision.verdict == "reject"
    if rejects != bool(decision.reasons) or (_OTHER in decision.reasons and decision.note is None):
        raise ReasonNeededError


def _locked(session: Session, case_id: UUID) -> tuple[Listing, ModerationCase]:
    """Lock the listing of a case, then read the case: another decision waits here, and finds it closed."""
    cases = CaseRepository(session)
    known = cases.find(case_id)
    listing = None if known is None else SingleListingRepository(session).lock(known.listing_id)
    case = cases.find(case_id)
    if listing is None or case is None:
        raise CaseNotFoundError(case_id)
    if case.outcome is not None:
        raise CaseClosedError(case.outcome)
    return listing, case
