"""Feeds change what feeds gave, and leave alone what people and deposits decided."""

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.db.tables import Branch, Listing, Org
from core.states.listings import Giver
from core.vocabulary import ListingStatus as State
from tests.factories.listings import PRICES, change_listing
from tests.pipelines.listings.conftest import MakeFile, cars, stock, upsert
from tests.pipelines.listings.test_upsert import counts, events, listing, prices, row_versions

DECIDED = [
    (state, giver)
    for state in (State.RESERVED, State.SOLD, State.WITHDRAWN, State.REJECTED, State.EXPIRED)
    for giver in (Giver.PERSON, Giver.DEPOSIT, Giver.PLATFORM)
]


def edit(session: Session, key: str, **values: Any) -> None:
    """Set columns as a person does: each with the feed's value at this moment."""
    car = listing(session, key)
    names = ", ".join(f"'{name}', jsonb_build_object('by', 'person', 'feed', to_jsonb({name}))" for name in values)
    session.execute(
        text(f"UPDATE listings SET origin = coalesce(origin, '{{}}') || jsonb_build_object({names}) WHERE id = :id"),
        {"id": car.id},
    )
    change_listing(session, car.id, **values)


@pytest.mark.parametrize(("state", "giver"), DECIDED)
@pytest.mark.parametrize("named", [True, False])
def test_decided_state_stays(
    session: Session, org: Org, new_file: MakeFile, state: State, giver: Giver, named: bool
) -> None:
    upsert(session, org.id, new_file(), stock(20), delivery="full")
    change_listing(session, listing(session, "K19").id, status=state, state_by=giver)
    told, rows = events(session), row_versions(session)
    result = upsert(session, org.id, new_file(), stock(20 if named else 19), delivery="full")
    assert (*counts(result), result.removed) == (0, 0, 20 if named else 19, 0)
    assert (listing(session, "K19").status, events(session), row_versions(session)) == (state, told, rows)


def test_content_of_a_car_that_a_person_sold_still_follows_the_feed(
    session: Session, org: Org, new_file: MakeFile
) -> None:
    upsert(session, org.id, new_file(), stock(3), delivery="full")
    change_listing(session, listing(session, "K1").id, status="sold", state_by="person")
    changed = cars({"source_key": "K0"}, {"source_key": "K1", "mileage_km": 50_000}, {"source_key": "K2"})
    assert counts(upsert(session, org.id, new_file(), changed, delivery="full")) == (0, 1, 2)
    car = listing(session, "K1")
    assert (car.status, car.state_by, car.mileage_km) == ("sold", "person", 50_000)


def test_car_that_a_feed_withdrew_comes_back_with_the_feed(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(20), delivery="full")
    upsert(session, org.id, new_file(), stock(19), delivery="full")
    assert listing(session, "K19").status == "withdrawn"
    upsert(session, org.id, new_file(), stock(20), delivery="full")
    car = listing(session, "K19")
    assert (car.status, car.removed_at) == ("live", None)


def test_car_that_a_person_kept_live_is_not_withdrawn_by_its_feed(
    session: Session, org: Org, new_file: MakeFile
) -> None:
    upsert(session, org.id, new_file(), stock(20), delivery="full")
    change_listing(session, listing(session, "K19").id, state_by="person")
    result = upsert(session, org.id, new_file(), stock(19), delivery="full", sold_keys=["K19"])
    assert (result.removed, listing(session, "K19").status) == (0, "live")


def test_edited_car_in_an_unchanged_delivery_is_unchanged(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(20), delivery="full")
    branch = Branch(org_id=org.id, code="gulberg", name="Gulberg")
    session.add(branch)
    session.flush()
    edit(session, "K1", price_pkr=3_000_000, description="One owner", branch_id=branch.id)
    told, rows = events(session), row_versions(session)
    assert counts(upsert(session, org.id, new_file(), stock(20), delivery="full")) == (0, 0, 20)
    assert (events(session), row_versions(session)) == (told, rows)
    assert session.scalar(select(func.count()).select_from(PRICES)) == 20
    assert listing(session, "K1").branch_id == branch.id


def test_edit_stays_until_the_feed_changes_its_own_value(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(1), delivery="partial")
    edit(session, "K0", price_pkr=3_000_000, description="One owner")
    upsert(session, org.id, new_file(), cars({"source_key": "K0", "mileage_km": 1_000}), delivery="partial")
    car = listing(session, "K0")
    assert (car.price_pkr, car.description, car.mileage_km) == (3_000_000, "One owner", 1_000)
    assert set(car.origin or {}) == {"price_pkr", "description"}
    assert prices(session, car.id) == [4_000_000]
    cheaper = cars({"source_key": "K0", "mileage_km": 1_000, "price_pkr": 3_900_000})
    upsert(session, org.id, new_file(), cheaper, delivery="partial")
    car = listing(session, "K0")
    assert (car.price_pkr, car.description, set(car.origin or {})) == (3_900_000, "One owner", {"description"})
    assert prices(session, car.id)[-1] == 3_900_000
    described = cheaper.with_columns(description=cheaper["description"].fill_null("") + " new")
    upsert(session, org.id, new_file(), described, delivery="partial")
    assert listing(session, "K0").origin is None


def test_newer_form_of_the_digest_does_not_touch_an_edited_car(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(3), delivery="full")
    edit(session, "K1", price_pkr=3_000_000)
    session.execute(text("UPDATE listings SET content_hash_version = 0, content_hash = '\\x00'"))
    told = events(session)
    assert counts(upsert(session, org.id, new_file(), stock(3), delivery="full")) == (0, 0, 3)
    assert (events(session), listing(session, "K1").price_pkr) == (told, 3_000_000)
    assert session.scalar(select(func.count()).where(Listing.content_hash_version > 0)) == 3
