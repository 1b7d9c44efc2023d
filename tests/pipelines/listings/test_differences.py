"""The dealer's report says where a feed differs from what people and deposits decided, and for how long it does."""

from typing import Any

import polars as pl
import pytest
from sqlalchemy.orm import Session

from core.db.tables import Org
from pipelines.feeds.reports.differences import differences_of
from tests.factories.listings import change_listing
from tests.pipelines.listings.conftest import MakeFile, cars, stock, upsert
from tests.pipelines.listings.test_decisions_outlive_feeds import edit
from tests.pipelines.listings.test_upsert import listing

FULL: dict[str, Any] = {"delivery": "full"}


def decide(session: Session, key: str, status: str, by: str = "person") -> None:
    change_listing(session, listing(session, key).id, status=status, state_by=by)


def told(session: Session, org: Org) -> dict[str, tuple[str, str]]:
    return {each.source_key: (each.status, each.feed_says) for each in differences_of(session, org.id).states}


def test_each_way_in_which_a_feed_differs_is_told_of(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(20), **FULL)
    for key, status, by in (
        ("K0", "sold", "person"), ("K1", "reserved", "deposit"), ("K2", "live", "person"),
        ("K3", "withdrawn", "person"), ("K4", "rejected", "person"), ("K5", "reserved", "person"),
        ("K19", "reserved", "deposit"),
    ):  # fmt: skip
        decide(session, key, status, by)
    rest = [f"K{number}" for number in range(18) if number not in (1, 3)]
    file = new_file()
    named = cars(*({"source_key": key} for key in rest))
    upsert(session, org.id, file, named, sold_keys=["K1"], kept_keys=["K18"], **FULL)
    assert told(session, org) == {
        "K0": ("sold", "offered"), "K1": ("reserved", "sold"), "K4": ("rejected", "offered"),
        "K19": ("reserved", "missing"),
    }  # fmt: skip
    assert {each.file_id for each in differences_of(session, org.id).states} == {file.id}


def test_difference_ends_with_either_side_and_lasts_until_then(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(20), **FULL)
    for key in ("K0", "K1", "K2"):
        decide(session, key, "sold")
    upsert(session, org.id, new_file(), stock(20), **FULL)
    since = {each.source_key: each.since for each in differences_of(session, org.id).states}
    assert set(since) == {"K0", "K1", "K2"}
    decide(session, "K0", "live")
    decide(session, "K1", "withdrawn", by="feed")
    assert set(told(session, org)) == {"K2"}
    upsert(session, org.id, new_file(), stock(20), **FULL)
    assert {each.source_key: each.since for each in differences_of(session, org.id).states} == {"K2": since["K2"]}
    decide(session, "K0", "sold")
    upsert(session, org.id, new_file(), cars(*({"source_key": f"K{n}"} for n in range(3, 20))), **FULL)
    assert told(session, org) == {}


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({"delivery": "partial"}, stock(18)),
        ({"delivery": "full", "lost_keys": True}, stock(18)),
        ({"delivery": "full"}, stock(0)),
    ],
)
def test_file_that_cannot_tell_what_is_missing_says_nothing_of_it(
    session: Session, org: Org, new_file: MakeFile, options: dict[str, Any], rows: pl.DataFrame
) -> None:
    upsert(session, org.id, new_file(), stock(20), **FULL)
    decide(session, "K19", "reserved", "deposit")
    upsert(session, org.id, new_file(), rows, **options)
    assert told(session, org) == {}


def test_another_feed_of_the_dealer_says_nothing_of_these_cars(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(20), **FULL)
    decide(session, "K19", "reserved", "deposit")
    upsert(session, org.id, new_file("other"), cars({"source_key": "X1"}), **FULL)
    assert told(session, org) == {}


def test_fields_that_people_set_are_shown_beside_the_feeds_own(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(2), **FULL)
    edit(session, "K1", price_pkr=3_000_000)
    [found] = differences_of(session, org.id).fields
    assert (found.source_key, found.column, found.feed_value, found.shown) == ("K1", "price_pkr", "4000000", "3000000")


def test_word_that_the_feed_took_back_does_not_stand_again(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(20), **FULL)
    decide(session, "K19", "reserved", "deposit")
    upsert(session, org.id, new_file(), stock(19), **FULL)
    assert told(session, org) == {"K19": ("reserved", "missing")}
    decide(session, "K19", "live", by="feed")
    upsert(session, org.id, new_file(), stock(20), **FULL)
    decide(session, "K19", "reserved", "deposit")
    assert told(session, org) == {}
