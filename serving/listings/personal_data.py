"""Erase and export private ads: what a person offers in their own name."""

from typing import Any, Final

from sqlalchemy import delete, func, update

from core.db.tables import Listing
from core.db.tables.listing_chassis import ListingChassis
from core.declarations import Eraser, Exporter
from core.personal_data.changed_rows import changed_rows
from core.personal_data.exported_rows import exported_rows
from core.personal_data.subject import Erasing, Exporting, Rows
from core.states.listings import Giver, in_states
from core.vocabulary import ListingStatus, Visibility
from pipelines.listings.chassis.number import SELLERS_CHASSIS_NUMBER


def _erase_ads(work: Erasing) -> int:
    """Take ads off the market, texts and chassis numbers away, and names off them; the car stays for prices."""
    mine = Listing.seller_id == work.subject.user_id
    work.session.execute(delete(ListingChassis).where(ListingChassis.seller_id == work.subject.user_id))
    gone = {"status": ListingStatus.WITHDRAWN, "removed_at": func.statement_timestamp(), "state_by": Giver.PLATFORM}
    work.session.execute(update(Listing).where(mine, in_states(Listing.status, "searched")).values(**gone))
    values: dict[str, Any] = {"seller_id": None, "sold_on": None}
    values |= {"visibility": Visibility.PRIVATE, "description": None, "color_raw": None, "area": None}
    values |= {"title": Listing.make + " " + Listing.model, "variant": None, "origin": None, "sold_price_pkr": None}
    return changed_rows(work, update(Listing).where(mine).values(**values))


def _ads(work: Exporting) -> Rows:
    digest = ("content_hash", "content_hash_version", "make_key", "model_key")
    return exported_rows(work, Listing, Listing.seller_id == work.subject.user_id, leave_out=digest)


def _chassis_numbers(work: Exporting) -> Rows:
    mine, left_out = ListingChassis.seller_id == work.subject.user_id, ("chassis_index", "sealed_number")
    return exported_rows(work, ListingChassis, mine, sealed=(SELLERS_CHASSIS_NUMBER,), leave_out=left_out)


ERASERS: Final = (Eraser("private ads", _erase_ads),)
EXPORTERS: Final = (Exporter("listings", _ads), Exporter("listing_chassis", _chassis_numbers))
