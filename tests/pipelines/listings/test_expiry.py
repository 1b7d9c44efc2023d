"""Private ads leave the market once, when their term has passed without a word of their seller."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.db.tables.audit import AuditRecord
from core.db.tables.people import User
from core.platform import Platform
from core.settings import Settings
from core.states.listings import Giver
from core.storage import Storage
from core.vocabulary import ListingStatus
from core.work.worker import Worker
from pipelines.listings.expiry import expire_listings
from pipelines.listings.loops import EXPIRE
from pipelines.listings.single_writes import SingleListingRepository
from tests.factories.listings import CHANGES, add_listing

TERM = timedelta(days=60)


def add_ad(session: Session, age: timedelta, **columns: Any) -> UUID:
    """A private ad that has been live for some time."""
    seller = User()
    session.add(seller)
    session.flush()
    private = {"source": "private", "file_id": None, "row_number": None, "state_by": "person"}
    return add_listing(session, seller_id=seller.id, renewed_at=utc_now() - age, **private | columns)


def state_of(session: Session, listing_id: UUID) -> tuple[str, str]:
    session.expire_all()
    listing = session.get_one(Listing, listing_id)
    return listing.status, listing.state_by


def told(session: Session, listing_id: UUID) -> list[str]:
    return list(
        session.scalars(select(CHANGES.c.kind).where(CHANGES.c.subject_id == listing_id).order_by(CHANGES.c.id))
    )


def test_ad_expires_after_its_term_and_followers_hear_of_it(session: Session) -> None:
    old, young = add_ad(session, TERM + timedelta(minutes=1)), add_ad(session, TERM - timedelta(minutes=1))
    assert expire_listings(session, utc_now(), TERM) == [old]
    assert expire_listings(session, utc_now(), TERM) == []
    assert (state_of(session, old), state_of(session, young)) == (("expired", "platform"), ("live", "person"))
    assert (told(session, old), told(session, young)) == (["created", "removed"], ["created"])
    assert session.get_one(Listing, old).removed_at is not None
    records = session.scalars(select(AuditRecord).where(AuditRecord.subject_id == str(old))).all()
    assert [each.action for each in records] == ["listings.expire"]


@pytest.mark.parametrize("status", [state for state in ListingStatus if state is not ListingStatus.LIVE])
def test_only_live_ads_expire(session: Session, status: str) -> None:
    add_ad(session, 2 * TERM, status=status)
    assert expire_listings(session, utc_now(), TERM) == []


def test_dealers_cars_have_no_term(session: Session) -> None:
    add_listing(session, renewed_at=utc_now() - 2 * TERM)
    assert expire_listings(session, utc_now(), TERM) == []


def test_renewed_ad_stays_and_nothing_else_of_it_changes(session: Session) -> None:
    ad = add_ad(session, 2 * TERM)
    listings = SingleListingRepository(session)
    listing = listings.lock(ad)
    assert listing is not None
    listings.move(listing, ListingStatus.LIVE, Giver.PERSON, None)
    assert expire_listings(session, utc_now(), TERM) == []
    assert told(session, ad) == ["created"]
    assert expire_listings(session, utc_now() + TERM, TERM) == [ad]


def test_batches_take_the_oldest_first(session: Session) -> None:
    ads = [add_ad(session, TERM + timedelta(days=days)) for days in range(5)]
    taken = [expire_listings(session, utc_now(), TERM, batch=2) for _ in range(4)]
    assert [set(batch) for batch in taken] == [{ads[4], ads[3]}, {ads[2], ads[1]}, {ads[0]}, set()]


def test_two_processes_expire_each_ad_once(
    session_factory: SessionFactory, settings: Settings, storage: Storage
) -> None:
    with transaction(session_factory) as session:
        ads = [add_ad(session, 2 * TERM) for _ in range(450)]
    stop = threading.Event()
    platform = Platform(settings, session_factory, storage)
    threads = [threading.Thread(target=Worker(platform, [EXPIRE], stop).run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        _wait_for(lambda: _count(session_factory, Listing.status == "expired") == len(ads))
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert _count(session_factory, AuditRecord.action == "listings.expire") == len(ads)
    with session_factory() as session:
        gone = select(func.count()).select_from(CHANGES).where(CHANGES.c.kind == "removed")
        assert session.scalar(gone) == len(ads)


def test_ad_that_its_seller_renews_at_that_moment_stays(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        ad = add_ad(session, 2 * TERM)
    with session_factory() as renewing:
        renewing.execute(text("UPDATE listings SET renewed_at = now() WHERE id = :id"), {"id": ad})
        with transaction(session_factory) as session:
            assert expire_listings(session, utc_now(), TERM) == []
        renewing.commit()
    with transaction(session_factory) as session:
        assert expire_listings(session, utc_now(), TERM) == []


def _count(factory: SessionFactory, condition: Any) -> int:
    with factory() as session:
        return session.scalar(select(func.count()).where(condition)) or 0


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
