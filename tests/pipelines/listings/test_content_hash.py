"""Digests differ for different cars, and are the same on every machine and library version."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.listing_frame import LISTING_SCHEMA, empty_listing_frame
from pipelines.listings.content_hash import content_hashes
from tests.pipelines.listings.conftest import cars

FULL = {
    "source_key": "K1",
    "variant": "GLi 1.3",
    "mileage_km": 119_080,
    "battery_kwh": 61.44,
    "photos": ["https://x.example/1.jpg", "https://x.example/2.jpg"],
    "listed_on": date(2025, 4, 29),
    "channels": ["automart", "autotrader"],
    "description": "ٹویوٹا",
}
TEXTS = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=6)
STORABLE = st.one_of(st.none(), TEXTS)


def digest(**changes: object) -> str:
    return content_hashes(cars(FULL | changes)).item().hex()


def test_digest_of_a_fixed_car_is_stable() -> None:
    """If this fails, stored digests are worthless: raise CONTENT_HASH_VERSION and renew the constant."""
    assert digest() == "6db94c0fbd35bf4c241b8523a6bcbab3"


@pytest.mark.parametrize("name", [name for name in LISTING_SCHEMA if name != "channels"])
def test_every_column_changes_the_digest(name: str) -> None:
    other: object = {
        pl.String: "other",
        pl.Date: date(2025, 4, 30),
        pl.Float32: 61.45,
        pl.List(pl.String): ["https://x.example/2.jpg", "https://x.example/1.jpg"],
    }.get(LISTING_SCHEMA[name], 7)
    assert digest(**{name: other}) != digest()


def test_order_of_channels_does_not_change_the_digest() -> None:
    assert digest(channels=["autotrader", "automart"]) == digest()
    assert digest(channels=["automart"]) != digest()


def test_null_and_empty_photos_have_the_same_digest() -> None:
    assert digest(photos=None) == digest(photos=[])


def test_empty_frame_has_no_digests() -> None:
    assert content_hashes(empty_listing_frame()).to_list() == []


@pytest.mark.slow
@given(st.lists(st.tuples(STORABLE, STORABLE, st.lists(TEXTS, max_size=3)), max_size=8))
def test_different_contents_have_different_digests(contents: list[tuple[str | None, str | None, list[str]]]) -> None:
    distinct = list({repr(content): content for content in contents}.values())
    rows = [{"source_key": "K", "title": "t", "color": a, "color_raw": b, "photos": c} for a, b, c in distinct]
    frame = cars(*rows) if rows else empty_listing_frame()
    digests = content_hashes(frame)
    assert digests.n_unique() == len(distinct)
    assert all(len(each) == 16 for each in digests)
