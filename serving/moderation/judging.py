"""Decide about private ads that wait for review, where the rules can decide.

A clean ad goes live, a clear breach is rejected, and everything else stays in the queue for people. Recalls, appeals
and ads that a person rejected before are never put on offer by the rules.
"""

import logging
from collections.abc import Callable
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.session import Transaction
from core.db.tables import Listing
from core.db.tables.moderation import ModerationCase
from core.errors import RetryableError
from core.states.listings import GIVERS, Mover
from core.vocabulary import ListingStatus
from pipelines.listings.single_writes import SingleListingRepository
from pipelines.moderation.ads import Ad, PriceRange
from pipelines.moderation.cases import CaseRepository
from pipelines.moderation.facts import FactsRepository, offered_car
from pipelines.moderation.findings import Finding, Outcome, Weight, outcome_of
from pipelines.moderation.rules import judge_ad
from pipelines.photos.pairs.report import seen_elsewhere

_log = logging.getLogger(__name__)
RangeOf = Callable[[Session, Listing], PriceRange | None]
"""Tells what such cars cost; None where nothing can be said."""


def judge_due(transaction: Transaction, range_of: RangeOf, limit: int) -> bool:
    """Judge the ads that wait, each in a transaction of its own; tell whether more may wait."""
    with transaction() as session:
        due = CaseRepository(session).due(limit)
    for listing_id in due:
        with transaction() as session:
            judge_listing(session, listing_id, range_of)
    return len(due) == limit


def judge_listing(session: Session, listing_id: UUID, range_of: RangeOf) -> Outcome | None:
    """Judge one ad as it is now, and move it where the rules decide; None where there is nothing for them to judge."""
    waiting = _waiting(session, listing_id)
    if waiting is None:
        return None
    listing, case = waiting
    findings = _findings(session, listing, range_of)
    cases, outcome = CaseRepository(session), outcome_of(findings)
    cases.keep_judgement(case, listing.sequence, findings)
    if outcome is Outcome.BREACH:
        case.reasons = sorted({each.code for each in findings if each.kind.weight is Weight.REJECT})
        _move(session, listing, ListingStatus.REJECTED, findings)
    elif outcome is Outcome.CLEAN and not cases.needs_person(case):
        _move(session, listing, ListingStatus.LIVE, findings)
    return outcome


def _waiting(session: Session, listing_id: UUID) -> tuple[Listing, ModerationCase] | None:
    """Lock the listing, and return it with its case, if the rules have still to judge it."""
    listing = SingleListingRepository(session).lock(listing_id)
    case = None if listing is None else CaseRepository(session).open_case(listing_id)
    if listing is None or case is None or listing.seller_id is None or case.is_for_people:
        return None
    return None if case.judged_sequence == listing.sequence else (listing, case)


def _findings(session: Session, listing: Listing, range_of: RangeOf) -> list[Finding]:
    """Apply the rules. An ad on which they fail is left to people, and holds up no other."""
    facts = FactsRepository(session)
    photos = facts.photos([listing.id]).get(listing.id, frozenset())
    others = facts.others(listing)
    try:
        copied = seen_elsewhere(session, listing.org_id, listing.id)
        return judge_ad(Ad(offered_car(listing, photos), range_of(session, listing), others, copied))
    except (SQLAlchemyError, RetryableError):
        raise
    except Exception:  # noqa: BLE001  (whatever an ad does to a rule)
        _log.exception("the rules failed on listing %s; people will look at it", listing.id)
        return [Finding("rules_failed")]


def _move(session: Session, listing: Listing, to: ListingStatus, findings: list[Finding]) -> None:
    before = {"status": listing.status}
    SingleListingRepository(session).move(listing, to, GIVERS[Mover.RULES], None)
    after = {"status": str(to), "findings": [finding.code for finding in findings]}
    record(
        session,
        Actor.system("moderation rules"),
        Act("moderation.judge", "listing", str(listing.id), listing.org_id, before, after),
    )
