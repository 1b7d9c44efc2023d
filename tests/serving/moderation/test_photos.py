"""A photo that another ad of the seller shows takes an ad on offer back to review, where the rules judge it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.photo_pairs import PhotoDescription, PhotoSighting
from core.db.tables.photos import ListingPhoto, PhotoContent
from core.outbox.follow import following
from core.states.listings import Giver
from core.vocabulary import ListingStatus
from pipelines.listings.single_writes import SingleListingRepository
from pipelines.moderation.consumers import PHOTOS
from pipelines.photos.pairs.pairs import PairRepository
from pipelines.photos.repository import PhotoRepository, photo_owner
from serving.moderation.photos import recall_copies
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
    turn = following(PHOTOS, recall_copies)
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


def pair_of(session: Session, later: UUID, first: UUID) -> None:
    """Show a photo of the first ad in the later one, as an edited copy that was compared."""
    seen = {first: utc_now() - timedelta(days=3), later: utc_now()}
    contents = {listing: content(session) for listing in (first, later)}
    for listing_id, at in seen.items():
        picture = contents[listing_id]
        picture.made_at = utc_now()
        session.flush()
        show(session, listing_id, picture)
        row = {"content_id": picture.id, "version": "x", "usable": True, "described_at": utc_now()}
        session.add(PhotoDescription(**row))
        session.flush()
        session.get_one(PhotoSighting, (picture.id, listing_id)).first_seen_at = at
    session.flush()
    evidence = {"kind": "same_photo", "inliers": 90, "correlation": 0.9, "covered": 1.0, "mirrored": False}
    assert PairRepository(session, "x").keep(contents[later].id, {contents[first].id: evidence}) == 1


def findings_of(factory: SessionFactory, listing_id: UUID) -> list[dict[str, str]]:
    query = text("SELECT findings FROM moderation_cases WHERE listing_id = :id ORDER BY id DESC LIMIT 1")
    with factory() as session:
        found: list[dict[str, str]] = session.scalar(query, {"id": listing_id})
    return found


@pytest.mark.parametrize("of", ["dealer", "private"])
@pytest.mark.parametrize("before", ["live", "in_review"])
def test_photo_that_another_seller_showed_before_brings_the_ad_to_a_person_once(
    session_factory: SessionFactory, of: str, before: str
) -> None:
    with transaction(session_factory) as session:
        mine = add_ad(session, add_seller(session), status=before)
        theirs = add_listing(session) if of == "dealer" else add_ad(session, add_seller(session), status="live")
        if before == "in_review":  # it waits for a person already
            session.execute(text("UPDATE listings SET price_pkr = NULL WHERE id = :id"), {"id": mine})
    judge_all(session_factory)
    with transaction(session_factory) as session:
        pair_of(session, mine, theirs)
    follow(session_factory)
    assert status_of(session_factory, theirs)[0] == "live"
    judge_all(session_factory)
    assert status_of(session_factory, mine)[0] == "in_review"
    assert {"code": "photo_seen_elsewhere", "field": "photos"} in findings_of(session_factory, mine)
    with transaction(session_factory) as session:  # a person accepts it, and another photo comes
        listings = SingleListingRepository(session)
        listing = listings.lock(mine)
        assert listing is not None
        listings.move(listing, ListingStatus.LIVE, Giver.PERSON, None)
        show(session, mine, content(session))
    follow(session_factory)
    assert status_of(session_factory, mine)[0] == "live"
