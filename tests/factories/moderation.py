"""Private ads in review, and the rules run over what waits."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.db.tables import Listing, Org
from core.db.tables.people import User
from pipelines.moderation.ads import PriceRange
from serving.moderation.judging import RangeOf, judge_due
from tests.factories.listings import PLAIN, add_listing

USUAL = PriceRange(3_000_000, 4_000_000)
TEXT = "First owner, all genuine, token paid, 84,000 km driven."


def usual(_session: Session, _listing: Listing) -> PriceRange | None:
    """Return the usual price range of PLAIN cars."""
    return USUAL


def unknown(_session: Session, _listing: Listing) -> PriceRange | None:
    """Return None: there is nothing to compare with."""
    return None


def add_seller(session: Session) -> UUID:
    seller = User()
    session.add(seller)
    session.flush()
    return seller.id


def add_ad(session: Session, seller_id: UUID, **columns: Any) -> UUID:
    """A private ad in review, unless another status is given."""
    org = session.scalars(select(Org.code).where(Org.kind == "marketplace")).first() or "classifieds"
    given: dict[str, Any] = {"source": "private", "state_by": "person", "file_id": None, "row_number": None}
    given |= {"status": "in_review", "channels": ["automart"], "description": TEXT, "seller_id": seller_id}
    given |= {"content_hash": uuid4().bytes}
    return add_listing(session, org=org, **(PLAIN | given | columns))


def judge_all(factory: SessionFactory, range_of: RangeOf = usual) -> None:
    """Run the rules until nothing waits."""

    def opened() -> AbstractContextManager[Session]:
        return transaction(factory)

    opener: Callable[[], AbstractContextManager[Session]] = opened
    while judge_due(opener, range_of, 50):
        pass


def status_of(factory: SessionFactory, listing_id: UUID) -> tuple[str, str]:
    """The state of a listing, and whose word it is."""
    with factory() as session:
        row = session.execute(select(Listing.status, Listing.state_by).where(Listing.id == listing_id)).one()
        return row.status, row.state_by
