"""Prices that are far from what such cars cost wait for the dealer's word, or are published without a band."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import FeedReject, Listing, Org, PriceBand
from core.storage import Storage
from pipelines.feeds.mapping.store import load_mapping
from pipelines.imports import Delivery, ImportContext, ImportResult, import_delivery, preview_file, replay_file
from pipelines.imports.prices.confirmations import PriceConfirmations
from pipelines.price_bands.refresh import refresh_bands
from tests.factories.feeds import row, sheet
from tests.factories.listings import add_listing

SHOWROOM = load_mapping("showroom")


@pytest.fixture
def market(session: Session) -> None:
    """Five Corollas of three other dealers, about 43 lakh each."""
    for at, price in enumerate((40, 42, 43, 45, 47)):
        add_listing(session, org=f"dealer-{at % 3}", price_pkr=price * 100_000)


def deliver(session: Session, storage: Storage, org: Org, *rows: str, run: Any = import_delivery) -> ImportResult:
    context = ImportContext(session, storage, run_id="t")
    result: ImportResult = run(context, Delivery(org, "stock.csv", sheet(*rows), SHOWROOM))
    return result


def prices(session: Session, org: Org) -> dict[str, int | None]:
    query = select(Listing.source_key, Listing.price_pkr).where(Listing.org_id == org.id)
    return {each.source_key: each.price_pkr for each in session.execute(query.order_by(Listing.source_key))}


@pytest.mark.usefixtures("market")
def test_prices_that_slipped_are_held_with_the_likely_amount(session: Session, storage: Storage, org: Org) -> None:
    odd = {"B": "450000", "C": "45000000", "D": "90000", "E": "call"}
    rows = (row("A"), *(row(key, price=price) for key, price in odd.items()))
    dry = deliver(session, storage, org, *rows, run=preview_file)
    done = deliver(session, storage, org, *rows)
    assert (dry.reasons, dry.prices) == (done.reasons, done.prices)
    assert prices(session, org) == {"A": 4_500_000, "E": None}
    spread = {"priced": 4, "median": 2_475_000, "smallest": 90_000, "largest": 45_000_000}
    assert done.prices == spread | {"under_a_tenth": 1, "implausible": 3}
    rejects = session.scalars(select(FeedReject).order_by(FeedReject.row_number)).all()
    assert [(each.source_key, each.code, each.column) for each in rejects] == [
        (key, "implausible_price", "Demand") for key in "BCD"
    ]
    assert all("Likely meant: 4,500,000." in each.message for each in rejects[:2])
    assert "monthly instalment" in rejects[2].message
    assert "about 4,300,000 rupees" in rejects[0].message


@pytest.mark.usefixtures("market")
def test_car_that_was_listed_keeps_its_price_until_the_new_one_is_confirmed(
    session: Session, storage: Storage, org: Org
) -> None:
    deliver(session, storage, org, row("A"), row("B"))
    held = deliver(session, storage, org, row("A"), row("B", price="450000"))
    assert (held.rejected, held.removed, prices(session, org)["B"]) == (1, 0, 4_500_000)
    PriceConfirmations(session).confirm(org.id, "B", 450_000, "ayesha")
    assert held.file_id is not None
    replay_file(ImportContext(session, storage, run_id="t"), held.file_id, actor="ayesha")
    assert prices(session, org)["B"] == 450_000
    other = deliver(session, storage, org, row("A"), row("B", price="440000"))
    assert (other.rejected, prices(session, org)["B"]) == (1, 450_000)


@pytest.mark.usefixtures("market")
def test_file_that_comes_late_still_decides_a_car_that_a_newer_one_held_back(
    session: Session, storage: Storage, org: Org
) -> None:
    context = ImportContext(session, storage, run_id="t")
    newer = Delivery(org, "b.csv", sheet(row("A"), row("B", price="450000")), SHOWROOM, utc_now() - timedelta(hours=1))
    older = Delivery(org, "a.csv", sheet(row("A"), row("B", price="46 lacs")), SHOWROOM, utc_now() - timedelta(hours=2))
    import_delivery(context, newer)
    import_delivery(context, older)
    assert prices(session, org) == {"A": 4_500_000, "B": 4_600_000}


@pytest.mark.usefixtures("market")
def test_published_doubtful_price_has_no_band_until_it_is_confirmed(
    session: Session, storage: Storage, org: Org
) -> None:
    PriceConfirmations(session).set_policy(org.id, "publish", "ayesha")
    done = deliver(session, storage, org, row("A"), row("B", price="450000"))
    assert (done.rejected, prices(session, org)["B"]) == (0, 450_000)

    def reason(key: str) -> str | None:
        refresh_bands(session, storage)
        query = select(PriceBand).join(Listing, Listing.id == PriceBand.listing_id)
        found = session.scalars(query.where(Listing.source_key == key).execution_options(populate_existing=True)).one()
        assert (found.method == "none") == (found.mid_pkr is None)
        return found.reason

    assert (reason("A"), reason("B")) == (reason("A"), "implausible_price")
    assert reason("A") != "implausible_price"
    PriceConfirmations(session).confirm(org.id, "B", 450_000, "ayesha")
    assert reason("B") != "implausible_price"
    PriceConfirmations(session).set_policy(org.id, "hold", "ayesha")
    assert session.scalar(text("SELECT count(*) FROM feed_price_doubts WHERE confirmed_at IS NULL")) == 0


@pytest.mark.parametrize(
    ("others", "why"),
    [
        ([{"org": "d-0"}] * 5, "one seller is no market"),
        ([{"org": f"d-{at}"} for at in range(4)], "four cars are too few"),
        ([{"org": f"d-{at}", "visibility": "private"} for at in range(5)], "private stock teaches nothing"),
        ([{"org": f"d-{at}", "channels": ["autotrader"]} for at in range(5)], "trade stock teaches nothing"),
        ([{"org": "khan-motors"}] * 5, "the dealer's own cars teach nothing"),
        ([{"org": f"d-{at}", "model_year": 2010} for at in range(5)], "cars of another age teach nothing"),
    ],
)
def test_without_enough_visible_cars_of_others_no_price_is_judged(
    session: Session, storage: Storage, org: Org, others: list[dict[str, Any]], why: str
) -> None:
    for columns in others:
        add_listing(session, price_pkr=4_300_000, **columns)
    assert deliver(session, storage, org, row("B", price="450000")).rejected == 0, why
