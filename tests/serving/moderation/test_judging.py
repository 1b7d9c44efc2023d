"""The rules decide where they can; everything else waits for a person, with what was found."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.db.tables.audit import AuditRecord
from core.db.tables.moderation import ModerationCase
from core.errors import RetryableError
from pipelines.moderation.ads import PriceRange
from tests.factories.listings import add_listing, change_listing
from tests.factories.moderation import add_ad, add_seller, judge_all, status_of, unknown

LIVE, REJECTED, WAITS = ("live", "platform"), ("rejected", "platform"), ("in_review", "person")


@pytest.fixture
def seller(session_factory: SessionFactory) -> UUID:
    with transaction(session_factory) as session:
        return add_seller(session)


def ad(factory: SessionFactory, seller: UUID, **columns: Any) -> UUID:
    with transaction(factory) as session:
        return add_ad(session, seller, **columns)


def case_of(factory: SessionFactory, listing_id: UUID) -> ModerationCase:
    with factory() as session:
        query = select(ModerationCase).where(ModerationCase.listing_id == listing_id)
        return session.scalars(query.order_by(ModerationCase.id.desc()).limit(1)).one()


def codes(case: ModerationCase) -> set[str]:
    return {finding["code"] for finding in case.findings}


def test_clean_ad_goes_live_and_a_clear_breach_is_rejected_with_its_reasons(
    session_factory: SessionFactory, seller: UUID
) -> None:
    clean = ad(session_factory, seller)
    dirty = ad(session_factory, seller, make="Honda", description="WhatsApp zero three double zero 1234567")
    judge_all(session_factory)
    assert (status_of(session_factory, clean), status_of(session_factory, dirty)) == (LIVE, REJECTED)
    kept = case_of(session_factory, dirty)
    assert (kept.outcome, kept.decided_by, kept.reasons) == ("rejected", "rules", ["contact_phone"])
    approved = case_of(session_factory, clean)
    assert (approved.outcome, approved.decided_by, approved.findings) == ("approved", "rules", [])
    with session_factory() as session:
        acts = session.scalars(select(AuditRecord.action).where(AuditRecord.subject_id == str(dirty))).all()
    assert list(acts) == ["moderation.judge"]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"price_pkr": None}, "price_missing"),
        ({"price_pkr": 350_000}, "price_too_low"),
        ({"price_pkr": 35_000_000}, "price_too_high"),
        ({"description": "Easypaisa advance only"}, "words_doubtful"),
        ({"title": "Corolla follow us on facebook"}, "contact_likely"),
    ],
)
def test_doubt_waits_for_a_person(
    session_factory: SessionFactory, seller: UUID, columns: dict[str, Any], code: str
) -> None:
    doubtful = ad(session_factory, seller, **columns)
    judge_all(session_factory)
    assert status_of(session_factory, doubtful) == WAITS
    case = case_of(session_factory, doubtful)
    assert code in codes(case)
    assert (case.outcome, case.reasons) == (None, [])


def test_car_that_nothing_can_be_compared_with_waits_for_a_person(
    session_factory: SessionFactory, seller: UUID
) -> None:
    rare = ad(session_factory, seller)
    judge_all(session_factory, unknown)
    assert status_of(session_factory, rare) == WAITS
    assert codes(case_of(session_factory, rare)) == {"price_unjudged"}


@pytest.mark.parametrize(
    "missing", ["description", "variant", "mileage_km", "city", "province", "body", "fuel", "color", "engine_cc"]
)
def test_absent_field_is_no_breach(session_factory: SessionFactory, seller: UUID, missing: str) -> None:
    bare = ad(session_factory, seller, **{missing: None})
    judge_all(session_factory)
    assert status_of(session_factory, bare) == LIVE
    assert codes(case_of(session_factory, bare)) == ({"description_missing"} if missing == "description" else set())


def test_bare_ad_waits_and_says_what_was_not_judged(session_factory: SessionFactory, seller: UUID) -> None:
    absent = dict.fromkeys(("description", "variant", "mileage_km", "price_pkr", "city", "body", "fuel", "color"))
    bare = ad(session_factory, seller, **absent)
    judge_all(session_factory, unknown)
    assert status_of(session_factory, bare) == WAITS
    assert codes(case_of(session_factory, bare)) == {"description_missing", "price_missing"}


def test_second_ad_of_the_same_car_is_rejected_and_one_like_it_waits(
    session_factory: SessionFactory, seller: UUID
) -> None:
    same = {"content_hash": b"1" * 16}
    first, second = ad(session_factory, seller, **same), ad(session_factory, seller, **same)
    judge_all(session_factory)
    assert (status_of(session_factory, first), status_of(session_factory, second)) == (LIVE, REJECTED)
    alike = ad(session_factory, seller, mileage_km=80_100)
    judge_all(session_factory)
    assert codes(case_of(session_factory, alike)) == {"double_likely"}
    with transaction(session_factory) as session:
        other = add_seller(session)
    foreign = ad(session_factory, other, **same)
    judge_all(session_factory)
    assert status_of(session_factory, foreign) == LIVE


def test_withdrawn_ad_is_no_double(session_factory: SessionFactory, seller: UUID) -> None:
    same = {"content_hash": b"1" * 16}
    ad(session_factory, seller, status="withdrawn", **same)
    again = ad(session_factory, seller, **same)
    judge_all(session_factory)
    assert status_of(session_factory, again) == LIVE


def test_edit_in_review_is_judged_again(session_factory: SessionFactory, seller: UUID) -> None:
    doubtful = ad(session_factory, seller, price_pkr=350_000)
    judge_all(session_factory)
    with transaction(session_factory) as session:
        change_listing(session, doubtful, price_pkr=3_500_000)
    judge_all(session_factory)
    assert status_of(session_factory, doubtful) == LIVE


def reject_as_person(session: Session, listing_id: UUID, status: str = "rejected") -> None:
    change_listing(session, listing_id, status=status, state_by="person")


def resubmit(factory: SessionFactory, listing_id: UUID) -> None:
    with transaction(factory) as session:
        change_listing(session, listing_id, status="in_review", state_by="person")


def test_what_a_person_rejected_is_never_put_on_offer_by_the_rules(
    session_factory: SessionFactory, seller: UUID
) -> None:
    """The rules cannot see what the person saw: a photo of another car."""
    rejected = ad(session_factory, seller)
    with transaction(session_factory) as session:
        reject_as_person(session, rejected)
    for way in ("draft", "withdrawn"):
        with transaction(session_factory) as session:
            change_listing(session, rejected, status=way, state_by="person")
        resubmit(session_factory, rejected)
        judge_all(session_factory)
        assert status_of(session_factory, rejected) == WAITS
        assert case_of(session_factory, rejected).judged_sequence is not None
    with transaction(session_factory) as session:
        change_listing(session, rejected, status="live", state_by="person")
        change_listing(session, rejected, status="withdrawn", state_by="person")
    resubmit(session_factory, rejected)
    judge_all(session_factory)
    assert status_of(session_factory, rejected) == LIVE


@pytest.mark.parametrize("way", ["in_review", "rejected"])
def test_live_ad_that_a_moderator_takes_down_waits_for_people_from_then_on(
    session_factory: SessionFactory, seller: UUID, way: str
) -> None:
    live = ad(session_factory, seller)
    judge_all(session_factory)
    with transaction(session_factory) as session:
        reject_as_person(session, live, way)
    assert case_of(session_factory, live).kind == "recall"
    judge_all(session_factory)
    with transaction(session_factory) as session:
        change_listing(session, live, status="draft", state_by="person")
    resubmit(session_factory, live)
    judge_all(session_factory)
    assert status_of(session_factory, live) == WAITS


def test_case_follows_the_state_whatever_statement_moves_it(session_factory: SessionFactory, seller: UUID) -> None:
    ids = [ad(session_factory, seller, content_hash=bytes([n]) * 16) for n in range(3)]
    with transaction(session_factory) as session:
        session.execute(update(Listing).where(Listing.id.in_(ids)).values(status="withdrawn"))
    assert {case_of(session_factory, each).outcome for each in ids} == {"left"}
    with transaction(session_factory) as session:
        session.execute(update(Listing).where(Listing.id.in_(ids)).values(status="in_review"))
    assert {case_of(session_factory, each).outcome for each in ids} == {None}


def test_rejected_car_of_a_dealer_goes_to_a_person_and_not_to_the_rules(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        car = add_listing(session, status="rejected", state_by="person")
        change_listing(session, car, status="in_review", state_by="person")
    judge_all(session_factory)
    assert status_of(session_factory, car) == WAITS
    assert case_of(session_factory, car).judged_sequence is None


def test_ad_on_which_the_rules_fail_is_left_to_people_and_holds_up_no_other(
    session_factory: SessionFactory, seller: UUID
) -> None:
    odd, plain = ad(session_factory, seller, model="Odd"), ad(session_factory, seller)

    def failing(_session: Session, listing: Listing) -> PriceRange | None:
        if listing.model == "Odd":
            raise ValueError("no such car")
        return PriceRange(3_000_000, 4_000_000)

    judge_all(session_factory, failing)
    assert status_of(session_factory, plain) == LIVE
    assert status_of(session_factory, odd) == WAITS
    assert codes(case_of(session_factory, odd)) == {"rules_failed"}


def test_storage_that_does_not_answer_is_tried_again(session_factory: SessionFactory, seller: UUID) -> None:
    waiting = ad(session_factory, seller)

    def away(_session: Session, _listing: Listing) -> PriceRange | None:
        raise RetryableError("away", code="storage_unavailable")

    with pytest.raises(RetryableError):
        judge_all(session_factory, away)
    judge_all(session_factory)
    assert status_of(session_factory, waiting) == LIVE


RUBBISH = ["\u200b" * 300, "0" * 10_000, "९" * 5_000, "(" * 9_000, "1 " * 5_000, "one " * 2_500, "@" * 9_999]


@pytest.mark.parametrize("text", [*RUBBISH, "a.b@" * 2_000, "a" * 9_999 + "@", "www" * 3_000, "f " * 5_000])
@pytest.mark.timeout(60)
def test_rubbish_is_judged_in_no_time(session_factory: SessionFactory, seller: UUID, text: str) -> None:
    odd = ad(session_factory, seller, description=text)
    judge_all(session_factory)
    assert case_of(session_factory, odd).judged_sequence is not None
