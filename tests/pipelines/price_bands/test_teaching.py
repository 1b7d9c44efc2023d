"""Training uses ads that visitors see, and hidden ones of groups above the privacy threshold."""

from itertools import chain, combinations

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.visible_to import IS_PUBLIC_SQL, visible_to
from core.db.tables import Listing
from core.storage import Storage
from core.vocabulary import Channel, Visibility
from pipelines.price_bands.repository import PriceBandRepository
from pipelines.price_bands.samples.choosing import build_samples, read_samples
from pipelines.price_bands.samples.teaching import teaching_ads
from tests.factories.listings import add_listing, change_listing, dealer

HIDDEN = ({"visibility": "private"}, {"visibility": "wholesale_public"}, {"channels": ["autotrader"]})


def teaching(session: Session) -> list[str]:
    return sorted(teaching_ads(PriceBandRepository(session).live_ads())["source_key"].to_list())


def test_condition_for_visitors_is_that_of_every_other_answer(session: Session) -> None:
    channels = list(chain.from_iterable(combinations(list(Channel), count) for count in range(len(Channel) + 1)))
    for visibility in Visibility:
        for each in channels:
            add_listing(session, visibility=visibility.value, channels=[channel.value for channel in each])
    ours = set(session.scalars(text(f"SELECT l.id FROM listings l WHERE {IS_PUBLIC_SQL}")))
    assert ours == set(session.scalars(select(Listing.id).where(visible_to(Audience.anonymous()))))
    assert 0 < len(ours) < len(channels) * len(Visibility)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_hidden_car_teaches_from_five_cars_of_three_dealers_on(session: Session, hidden: dict[str, object]) -> None:
    add_listing(session)
    for org in ("a1", "a1", "b2", "b2"):
        add_listing(session, org=org, **hidden)
    assert len(teaching(session)) == 1
    fifth = add_listing(session, org="b2", **hidden)
    assert len(teaching(session)) == 1  # five cars, two dealers
    third = dealer(session, "c3").id
    change_listing(session, fifth, org_id=third, source="form", file_id=None, row_number=None)
    assert len(teaching(session)) == 6


@pytest.mark.parametrize("other", [{"model_year": 2019}, {"variant": "XLi"}, {"variant": None}, {"model": "Vitz"}])
def test_cell_is_a_make_model_trim_and_year(session: Session, other: dict[str, object]) -> None:
    for org in ("a1", "b2", "c3", "d4"):
        add_listing(session, org=org, visibility="private")
    add_listing(session, org="e5", visibility="private", **other)
    assert teaching(session) == []
    add_listing(session, org="e5", visibility="private", variant="gli ")  # the same trim, written otherwise
    assert len(teaching(session)) == 5


def test_each_private_seller_of_the_marketplace_counts_as_one(session: Session) -> None:
    for _ in range(5):
        add_listing(session, org="classifieds", visibility="private")
    assert dealer(session, "classifieds").kind == "marketplace"
    assert len(teaching(session)) == 5


def test_hidden_ads_are_counted_and_displace_no_public_one(session: Session, storage: Storage) -> None:
    add_listing(session, mileage_km=81_234)
    add_listing(session, org="other", mileage_km=81_234, price_pkr=9_000_000, visibility="private")
    result = build_samples(session, storage)
    assert (result.listings, result.samples, result.hidden, result.excluded) == (2, 1, 1, {})
    samples = read_samples(storage, result.storage_key)
    assert samples.select("price_pkr", "feed").rows() == [(3_500_000, "khan-motors")]
