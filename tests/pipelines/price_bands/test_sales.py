"""Sales are collected, counted, and learnt from once there are a thousand; until then nothing is said."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.clock import market_today, utc_now
from core.db.tables import Listing, PriceBand
from core.db.tables.sale_models import SaleModel as Kept
from core.storage import Storage
from core.vocabulary import ListingStatus
from models.sale_prices.train import Missing
from pipelines.price_bands.refresh import refresh_bands
from pipelines.price_bands.sales.evidence import count_sales, days_to_sell, read_sales
from pipelines.price_bands.sales.training import teach_sales
from serving.price_bands.repository import newest_sale_model
from serving.price_bands.service import band_of
from tests.factories.listings import add_listing
from tests.factories.price_bands import TrainedMarket
from tests.factories.sales import DEALERS, add_sales

TODAY = market_today()


@pytest.fixture
def sold_out(session: Session, storage: Storage, trained_market: TrainedMarket) -> Session:
    """A champion, and some 1,900 cars of three dealers of which most are sold."""
    trained_market.install(session, storage)
    add_sales(session, 1_900)
    return session


def sell(session: Session, *, org: str, days: int = 10, **columns: Any) -> UUID:
    values = {
        "status": ListingStatus.SOLD, "listed_on": TODAY - timedelta(days=days + 5),
        "sold_on": TODAY - timedelta(days=5), "removed_at": utc_now() - timedelta(days=5),
    }  # fmt: skip
    return add_listing(session, org=org, **values | columns)


def test_few_sales_are_counted_and_say_nothing(session: Session, storage: Storage) -> None:
    for number in range(5):
        sell(session, org=DEALERS[number % 3], sold_price_pkr=3_300_000)
    sell(session, org=DEALERS[0], sold_price_pkr=33_000)  # lakh for crore
    sell(session, org=DEALERS[0], sold_price_pkr=None)
    add_listing(session, listed_on=TODAY - timedelta(days=30))
    add_listing(session, status=ListingStatus.WITHDRAWN, removed_at=utc_now(), listed_on=TODAY - timedelta(days=3))
    found = teach_sales(session, storage)
    known = found.known
    assert (known.cars, known.sold, known.open, known.told, known.slipped, known.sellers) == (9, 7, 2, 5, 1, 3)
    assert (known.first_day, known.last_day) == (TODAY - timedelta(days=5), TODAY - timedelta(days=5))
    assert (found.model.no_discount, found.model.no_waiting) == (Missing.TOO_FEW_SALES, Missing.TOO_FEW_SALES)
    kept = session.scalars(select(Kept)).one()
    assert (kept.sold, kept.told) == (7, 5)


def test_a_sale_before_it_was_listed_or_long_ago_teaches_nothing(session: Session) -> None:
    sell(session, org=DEALERS[0], listed_on=TODAY)
    sell(session, org=DEALERS[0], sold_on=TODAY - timedelta(days=500), listed_on=TODAY - timedelta(days=520))
    sales = read_sales(session, None)
    assert sales["days"].to_list() == [-5]
    assert count_sales(sales).sold == 1
    assert days_to_sell(sales) == []


def test_captured_deposit_is_evidence_of_a_sale(session: Session) -> None:
    car = sell(session, org=DEALERS[0], sold_on=None)
    session.execute(
        text("""INSERT INTO deposits
                  (listing_id, org_id, provider, amount_paisa, fee_paisa, state, keeps_car, pay_until, captured_at)
                SELECT id, org_id, 'x', 100, 0, 'captured', false, now(), now() - interval '7 days'
                FROM listings WHERE id = :car"""),
        {"car": car},
    )
    [sale] = read_sales(session, None).to_dicts()
    assert (sale["by_deposit"], sale["is_sold"]) == (True, True)
    assert sale["ended_on"] == TODAY - timedelta(days=7) or sale["days"] in {8, 9}


def test_days_of_a_model_are_told_from_five_cars_of_three_sellers_on(
    session: Session, storage: Storage, trained_market: TrainedMarket
) -> None:
    trained_market.install(session, storage)
    for number in range(5):
        sell(session, org=DEALERS[number % 2], days=10 + number)
    assert teach_sales(session, storage).models == []
    sell(session, org=DEALERS[2], days=15)
    [told] = teach_sales(session, storage).models
    assert (told.make, told.model, told.sold, told.sellers, told.median_days) == ("Toyota", "Corolla", 6, 3, 12.5)


def test_a_thousand_sales_teach_and_the_answer_says_what_to_expect(sold_out: Session, storage: Storage) -> None:
    found = teach_sales(sold_out, storage)
    assert found.known.told >= 1_000
    assert (found.model.no_discount, found.model.no_waiting) == (None, None), found.model.metrics
    assert found.model.metrics["price"]["coverage"] == pytest.approx(0.8, abs=0.06)
    refresh_bands(sold_out, storage)
    live = select(Listing).where(Listing.status == "live", Listing.model == "Civic").order_by(Listing.id).limit(1)
    car = sold_out.scalars(live).one()
    answer = band_of(sold_out, car.id, Audience.anonymous())
    sale = answer.sale
    assert sale.low_pkr is not None
    assert sale.mid_pkr is not None
    assert sale.high_pkr is not None
    assert answer.price_pkr is not None
    assert sale.low_pkr < sale.mid_pkr < sale.high_pkr
    assert 0.8 * answer.price_pkr < sale.mid_pkr < 1.02 * answer.price_pkr
    assert sale.days_25 is not None
    assert sale.days_50 is not None
    assert 0 < sale.days_25 < sale.days_50 < 120
    assert (sale.no_price, sale.no_days) == (None, None)
    # A price that changed since has no present band, and nothing is said of it.
    sold_out.execute(text("UPDATE listings SET price_pkr = price_pkr * 2, updated_at = now() + interval '1 minute'"))
    sold_out.expire_all()
    assert band_of(sold_out, car.id, Audience.anonymous()).sale.no_price == "no_band"


@pytest.mark.parametrize("others", [1, 200], ids=["all but two", "all but four hundred"])
def test_nothing_comes_out_of_the_prices_of_a_seller_who_has_nearly_all_sales(
    session: Session, storage: Storage, trained_market: TrainedMarket, others: int
) -> None:
    trained_market.install(session, storage)
    add_sales(session, 2_600, dealers=[DEALERS[0]] * (2_600 - 2 * others) + [*DEALERS[1:]] * others)
    found = teach_sales(session, storage)
    assert found.known.sold > 1_500
    assert (found.model.discount, found.model.waiting) == (None, None)
    assert (found.model.no_discount, found.model.metrics) == (Missing.TOO_FEW_SALES, {"price": {}, "days": {}})
    counted = {row.model: row.sold for row in found.models}
    assert sum(counted.values()) <= 4 * others  # of a model at most as many of the large seller as of all others


def test_sales_without_prices_say_days_alone(session: Session, storage: Storage, trained_market: TrainedMarket) -> None:
    trained_market.install(session, storage)
    add_sales(session, 1_900, told=False)
    found = teach_sales(session, storage)
    assert (found.known.told, found.model.no_discount) == (0, Missing.TOO_FEW_SALES)
    assert found.model.waiting is not None


def test_answer_before_any_fit_says_that_prices_are_asked(session: Session) -> None:
    car = add_listing(session)
    row = session.get_one(Listing, car)
    prices = dict.fromkeys(("low_pkr", "mid_pkr", "high_pkr"), 3_000_000)
    band = {"confidence": 0.5, "method": "model", "listing_updated_at": row.updated_at, "computed_at": utc_now()}
    session.add(PriceBand(listing_id=car, **prices, **band))
    session.flush()
    sale = band_of(session, car, Audience.anonymous()).sale
    assert (sale.mid_pkr, sale.no_price, sale.no_days) == (None, "too_few_sales", "too_few_sales")


def test_only_the_latest_fits_are_kept(session: Session, storage: Storage) -> None:
    for _ in range(62):
        session.add(Kept(sold=0, told=0, artifact={}))
    session.flush()
    teach_sales(session, storage)
    assert session.scalar(select(func.count()).select_from(Kept)) == 60
    kept = newest_sale_model(session)
    assert kept is not None
    assert kept != {}
