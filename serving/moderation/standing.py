"""Describe the findings and decisions about a listing, for its owner and for moderators."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.db.tables import Listing
from core.db.tables.moderation import ModerationCase, ModerationMark
from core.vocabulary import ListingStatus
from pipelines.moderation.cases import CaseRepository
from pipelines.moderation.findings import Finding
from serving.listings.management.access import may_handle, owned_listing
from serving.moderation.declarations import APPEAL, READ_STANDING


@dataclass(frozen=True)
class Standing:
    """The moderation of a listing: its newest case, findings with their sentences, and the owner's options."""

    listing_id: UUID
    status: str
    case: ModerationCase | None
    findings: list[Finding]
    may_appeal: bool

    @property
    def reasons(self) -> list[Finding]:
        """The reasons of the last decision."""
        if self.case is None:
            return []
        by_code = {each.code: each for each in self.findings}
        return [by_code.get(code, Finding(code)) for code in known_reasons(self.case.reasons)]


def standing_of(session: Session, principal: Principal, listing_id: UUID) -> Standing:
    """Return what moderation says of a listing.

    Raises:
        ForbiddenError, ListingNotFoundError: see `serving.listings.management.access.refuse`.
    """
    listing = owned_listing(session, principal, READ_STANDING, listing_id)
    case = CaseRepository(session).latest(listing_id)
    return standing(principal, listing, case, _mark(session, listing))


def standing(
    principal: Principal, listing: Listing, case: ModerationCase | None, marked: list[Finding] | None = None
) -> Standing:
    """Compose the moderation of a listing from its case, its mark and its findings."""
    findings = [*Finding.stored([] if case is None else case.findings), *(marked or [])]
    rejected = ListingStatus(listing.status) is ListingStatus("rejected")
    return Standing(listing.id, listing.status, case, findings, rejected and may_handle(principal, APPEAL, listing))


def known_reasons(codes: list[str]) -> list[str]:
    """Return the codes that have sentences."""
    return [finding.code for finding in Finding.stored({"code": code} for code in codes)]


def _mark(session: Session, listing: Listing) -> list[Finding]:
    """Return what the rules found in a dealer's car as it is now; the weight says nothing there, it blocks nothing."""
    mark = session.get(ModerationMark, listing.id)
    return [] if mark is None or mark.sequence != listing.sequence else Finding.stored(mark.findings)
