"""A listing may come from a feed, a form, a private seller or the API; only a feed's needs a file."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pipelines.listings.provenance import listing_origin
from tests.factories.listings import add_listing

WITHOUT_FILE = {"file_id": None, "row_number": None}


@pytest.mark.parametrize("source", ["form", "private", "api"])
def test_listing_without_a_file_is_a_listing(session: Session, source: str) -> None:
    car = add_listing(session, source=source, **WITHOUT_FILE)
    session.execute(
        text("INSERT INTO listing_prices (listing_id, price_pkr, observed_at, source) VALUES (:id, 7, now(), :source)"),
        {"id": car, "source": source},
    )
    origin = listing_origin(session, car)
    assert (origin.source, origin.file_id, origin.mapping) == (source, None, None)


@pytest.mark.parametrize("wrong", [WITHOUT_FILE, {"source": "newspaper"}])
def test_listing_of_a_feed_has_its_file(session: Session, wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match=r"ck_listings_(feed_has_file|source)"):
        add_listing(session, **wrong)


def test_price_of_a_feed_has_its_file(session: Session) -> None:
    car = add_listing(session)
    with pytest.raises(IntegrityError, match="ck_listing_prices_feed_has_file"):
        session.execute(
            text("INSERT INTO listing_prices (listing_id, price_pkr, observed_at) VALUES (:id, 7, now())"), {"id": car}
        )
