"""Apply the rules again to an edit of a private ad on offer, in the transaction of the edit.

A clear breach is refused: the ad stays on offer as it was, and the seller reads why at once. An edit that leaves a
doubt is kept, and takes the ad back to review in the same transaction, so that no stranger sees it unjudged.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Listing
from core.states.listings import GIVERS, Giver, Mover, is_in, may_move
from core.vocabulary import ListingStatus
from pipelines.listings.single_writes import SingleListingRepository
from pipelines.moderation.ads import Ad
from pipelines.moderation.cases import CaseRepository
from pipelines.moderation.edits import judge_edit
from pipelines.moderation.facts import FactsRepository, offered_car
from pipelines.moderation.findings import Finding, Outcome, Weight, outcome_of
from serving.moderation.errors import EditBreaksRulesError, EditNeedsReviewError

_REASON: Final = "an edit that the rules leave to a person"


def check_edit(session: Session, principal: Principal, listing: Listing, before: Mapping[str, Any]) -> None:
    """Judge what a private seller changed of an own ad on offer; what others change, and other listings, pass.

    Raises:
        EditBreaksRulesError: the edit is a clear breach.
        EditNeedsReviewError: it leaves a doubt, and the ad is reserved.
    """
    is_own = listing.seller_id is not None and listing.seller_id == principal.user_id
    if not is_own or not before or not is_in(listing.status, "searched"):
        return
    findings = judge_edit(_ad(session, listing), before)
    outcome = outcome_of(findings)
    if outcome is Outcome.BREACH:
        raise EditBreaksRulesError(_of_weight(findings, Weight.REJECT))
    if outcome is Outcome.DOUBT:
        _take_to_review(session, principal, listing, findings)


def _ad(session: Session, listing: Listing) -> Ad:
    facts = FactsRepository(session)
    photos = facts.photos([listing.id]).get(listing.id, frozenset())
    return Ad(offered_car(listing, photos), facts.stored_range(listing.id), facts.others(listing))


def _take_to_review(session: Session, principal: Principal, listing: Listing, findings: list[Finding]) -> None:
    old, to = ListingStatus(listing.status), ListingStatus.IN_REVIEW
    given_by = Giver(listing.state_by)
    if not may_move(old, to, Mover.RULES, given_by):
        raise EditNeedsReviewError(_of_weight(findings, Weight.DOUBT))
    SingleListingRepository(session).move(listing, to, GIVERS[Mover.RULES], None)
    cases = CaseRepository(session)
    case = cases.open_case(listing.id)
    if case is not None:
        cases.keep_judgement(case, listing.sequence, findings)
    after = {"status": str(to), "findings": [finding.code for finding in findings]}
    before = {"status": str(old)}
    act = Act("moderation.recall", "listing", str(listing.id), listing.org_id, before, after, _REASON)
    record(session, Actor.of(principal), act)


def _of_weight(findings: list[Finding], weight: Weight) -> list[Finding]:
    return [finding for finding in findings if finding.kind.weight is weight]
