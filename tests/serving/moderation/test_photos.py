"""A photo that another ad of the seller shows takes an ad on offer back to review, where the rules judge it."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.photo_pairs import PhotoDescription
from core.db.tables.photos import ListingPhoto, PhotoContent
from core.outbox.follow import following
from pipelines.moderation.consumers import PHOTOS
from pipelines.photos.pairs.pairs import PairRepository
from pipelines.photos.repository import PhotoRepository, photo_owner
from serving.moderation.photos import recall_doubles
from tests.factories.listings import add_listing, settle
from tests.factories.moderation import add_ad, add_seller, judge_all, status_of
from tests.factories.turns import OneTurn


def content(session: Session) -> PhotoContent:
    made = PhotoContent(digest=uuid4().bytes, version=1, touched_at=utc_now())
    session.add(made)
    session.flush()
    return made


def show(session: Session, listing_id: UUID, picture: PhotoContent) -> None:
    owner = photo_owner(session, listing_id)
    assert owner is not None
    photo = ListingPhoto(origin="upload", slot="front", plates="waived")
    PhotoRepository(session, owner).add(photo, picture)


def follow(factory: SessionFactory) -> None:
    settle(factory)
    turn = following(PHOTOS, recall_doubles)
    while turn(OneTurn(factory)):
        pass


def test_ad_that_shows_the_car_of_another_is_taken_down_and_judged(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        seller = add_seller(session)
        first, second = (add_ad(session, seller, status="live", mileage_km=km) for km in (10_000, 90_000))
        picture = content(session)
        show(session, first, picture)
    follow(session_factory)
    assert status_of(session_factory, first) == ("live", "person")
    with transaction(session_factory) as session:
        show(session, second, picture)
    follow(session_factory)
    assert status_of(session_factory, second) == ("in_review", "platform")
    judge_all(session_factory)
    assert status_of(session_factory, second) == ("rejected", "platform")
    assert status_of(session_factory, first) == ("live", "person")


@pytest.mark.parametrize("status", ["reserved", "draft", "sold"])
def test_ad_in_another_state_and_cars_of_others_stay(session_factory: SessionFactory, status: str) -> None:
    with transaction(session_factory) as session:
        seller, picture = add_seller(session), content(session)
        mine = add_ad(session, seller, status="live", mileage_km=10_000)
        other = add_ad(session, seller, status=status, mileage_km=90_000)
        strangers, dealers = add_ad(session, add_seller(session), status="live"), add_listing(session)
        for car in (mine, other, strangers, dealers):
            show(session, car, picture)
    follow(session_factory)
    found = {car: status_of(session_factory, car)[0] for car in (other, strangers, dealers)}
    assert found == {other: status, strangers: "live", dealers: "live"}


def test_edited_copy_of_the_sellers_own_photo_is_a_double_once_it_was_compared(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        seller = add_seller(session)
        first, second = (add_ad(session, seller, status="live", mileage_km=km) for km in (10_000, 90_000))
        shown, edited = content(session), content(session)
        show(session, first, shown)
        show(session, second, edited)
    follow(session_factory)
    assert status_of(session_factory, second) == ("live", "person")
    with transaction(session_factory) as session:
        for each in (shown, edited):
            row = {"content_id": each.id, "version": "x", "usable": True, "described_at": utc_now()}
            session.add(PhotoDescription(**row))
            session.execute(text("UPDATE photo_contents SET made_at = now() WHERE id = :id"), {"id": each.id})
        session.flush()
        evidence = {"kind": "same_photo", "inliers": 90, "correlation": 0.9, "covered": 1.0, "mirrored": False}
        assert PairRepository(session, "x").keep(edited.id, {shown.id: evidence}) == 1
    follow(session_factory)
    assert status_of(session_factory, second) == ("in_review", "platform")
    assert status_of(session_factory, first) == ("live", "person")
