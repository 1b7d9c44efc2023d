"""Change fields of listings for their owners."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Listing
from pipelines.listings.chassis.single import ChassisNumbers
from pipelines.listings.single_writes import SingleListingRepository
from serving.listings.declarations import MANAGE_LISTINGS
from serving.listings.errors import IfMatchNeededError, ListingChangedError, NoFeedError
from serving.listings.management import canonical
from serving.listings.management.access import locked_listing
from serving.listings.management.chassis import CHASSIS, change_stated
from serving.listings.management.managed import ManagedListing, etag_of, managed
from serving.listings.management.manager import Manager
from serving.listings.management.placing import branch_for, check_shown
from serving.moderation.editing import check_edit


@dataclass(frozen=True)
class ListingChange:
    """Fields with their new values, the code of another branch, and fields that are left to the feed again."""

    fields: Mapping[str, Any]
    branch: str | None = None
    changes_branch: bool = False
    let_go: Collection[str] = field(default_factory=tuple)

    @property
    def columns(self) -> Mapping[str, Any]:
        """The fields of the listing itself."""
        return {name: value for name, value in self.fields.items() if name != CHASSIS}

    @property
    def chassis_number(self) -> str | None:
        """The chassis number that it states, as it was typed."""
        return self.fields.get(CHASSIS)

    @property
    def changes_chassis(self) -> bool:
        """Whether it states a chassis number, or takes away the one that a person stated."""
        return CHASSIS in self.fields or CHASSIS in self.let_go


def change_listing(
    session: Session, manager: Manager, listing_id: UUID, change: ListingChange, if_match: str | None
) -> ManagedListing:
    """Change fields of a listing that is still as the caller read it.

    Raises:
        ForbiddenError, ListingNotFoundError: see `serving.listings.management.access.refuse`.
        IfMatchNeededError, ListingChangedError: as they say.
        ListingRefusedError, NotShownThereError, UnknownBranchError, NoFeedError: as they say.
        ChassisNotUnderstoodError, FeedStatesChassisError: as they say.
        EditBreaksRulesError, EditNeedsReviewError: see `serving.moderation.editing`.
    """
    principal, listings = manager.principal, SingleListingRepository(session)
    listing = locked_listing(listings, principal, MANAGE_LISTINGS, listing_id)
    numbers = ChassisNumbers(session, manager.open_keys)
    _check_match(etag_of(listing, numbers.find(listing)), if_match)
    values = _changed_columns(session, principal, listing, change)
    if change.let_go and listing.source != "feed":
        raise NoFeedError
    released = listings.let_go(listing, _columns_to_let_go(change.let_go) - set(values))
    before = listings.restore(listing, released) if released else {}
    before |= listings.change(listing, values, _source(principal, listing))
    earlier, later = _change_chassis(numbers, listing, change)
    if before or earlier:
        acts = [{name: _plain_value(value) for name, value in each.items()} for each in (before, released | values)]
        after = {name: value for name, value in acts[1].items() if name in before}
        act = Act("listings.change", "listing", str(listing.id), listing.org_id, acts[0] | earlier, after | later)
        record(session, Actor.of(principal), act)
    check_edit(session, principal, listing, before)
    return managed(session, manager, listing)


def _change_chassis(
    numbers: ChassisNumbers, listing: Listing, change: ListingChange
) -> tuple[dict[str, str | None], dict[str, str | None]]:
    if not change.changes_chassis:
        return {}, {}
    let_go = () if CHASSIS in change.fields else change.let_go
    return change_stated(numbers, listing, change.chassis_number, let_go)


def _check_match(etag: str, if_match: str | None) -> None:
    if if_match is None:
        raise IfMatchNeededError
    if if_match.strip() not in (etag, "*"):
        raise ListingChangedError


def _changed_columns(session: Session, principal: Principal, listing: Listing, change: ListingChange) -> dict[str, Any]:
    """Return the columns that the given fields decide, judged together with what the listing holds besides."""
    present = {name: getattr(listing, name) for name in canonical.columns_of(canonical.CAR_FIELDS)}
    fields = canonical.fields_of(present) | dict(change.columns)
    named = set(change.columns)
    renamed = not named.isdisjoint(canonical.NAMES) and "title" not in named
    if renamed and present["title"] == canonical.composed_title(present):
        fields["title"] = None
        named.add("title")
    row = canonical.canonical_row(fields, listing.source_key)
    if not named.isdisjoint(("visibility", "channels")):
        check_shown(row["visibility"][0], row["channels"][0].to_list(), is_private=listing.seller_id is not None)
    found = canonical.columns_from(row)
    values = {name: found[name] for name in canonical.columns_of(named)}
    if listing.source != "feed" and values:
        values["content_hash"] = found["content_hash"]
    if change.changes_branch:
        values["branch_id"] = branch_for(session, principal, listing.org_id, change.branch)
    return values


def _columns_to_let_go(fields: Collection[str]) -> set[str]:
    named = {"branch_id" if name == "branch" else name for name in fields}
    return canonical.columns_of(named)


def _source(principal: Principal, listing: Listing) -> str:
    if listing.seller_id is not None:
        return "private"
    return "form" if principal.user_id is not None else "api"


def _plain_value(value: Any) -> Any:  # noqa: ANN401  (a value of any column)
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, UUID | date | datetime) else value
