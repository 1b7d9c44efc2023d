"""The real file of classified ads, through the same door as everybody's. Numbers were checked by eye, row by row."""

import io
from pathlib import Path

import polars as pl
import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.normalise.catalogue import compact
from pipelines.feeds.parsing.parse import ParsedFeed, parse_feed


@pytest.fixture(scope="module")
def data(real_data: Path) -> bytes:
    return (real_data / "ads_2025_raw.csv").read_bytes()


@pytest.fixture(scope="module")
def ads(data: bytes) -> ParsedFeed:
    return parse_feed(data, load_mapping("classifieds"))


def test_every_ad_becomes_a_listing(ads: ParsedFeed) -> None:
    assert (ads.rows_read, ads.listings.height, ads.rejects.height) == (7184, 7184, 0)


def test_columns_are_null_only_where_the_ads_leave_them_out(ads: ParsedFeed) -> None:
    nulls = {name: count for name, count in ads.listings.null_count().row(0, named=True).items() if count}
    assert nulls == {
        "price_pkr": 137,  # call for price
        "body": 761,  # N/A
        "variant": 761,  # the title ends after the model
        "area": 1770,  # "Shorkot, Shorkot Punjab" names none
        "color": 32,  # "Unlisted", "Metallic"
        "engine_cc": 90,  # electric, and one of 11,136 cc
        "battery_kwh": 7104,  # nine more of 510 to 1,070 kWh
        "description": 7184,
        "branch_code": 7184,
        "chassis_number": 7184,
    }


def test_years_are_recovered_where_their_column_is_empty(ads: ParsedFeed, data: bytes) -> None:
    empty = pl.read_csv(io.BytesIO(data), infer_schema=False)["model_year"] == "N/A"
    assert empty.sum() == 761
    titled = ads.listings["title"].str.extract(r"(\d{4})$").cast(pl.Int16)
    assert (ads.listings["model_year"] == titled).all()


def test_make_and_model_begin_the_title(ads: ParsedFeed) -> None:
    for title, make, model in ads.listings.select("title", "make", "model").unique().iter_rows():
        assert compact(title).startswith(compact(make + model))
    pairs = set(ads.listings.select("make", "model").iter_rows())
    assert {
        ("Land Rover", "Defender"), ("Mercedes Benz", "C Class"), ("Suzuki", "Wagon R"), ("Toyota", "Corolla Cross"),
        ("Toyota", "Corolla Fielder"), ("Toyota", "C-HR"), ("Peugeot", "2008"), ("Range Rover", "Vogue"),
    } <= pairs  # fmt: skip


def test_repeated_ad_becomes_one_listing(data: bytes) -> None:
    lines = data.rstrip(b"\n").split(b"\n")
    again = parse_feed(b"\n".join([*lines, lines[1]]), load_mapping("classifieds"))
    assert again.listings.height == 7184
    assert again.rejects.select("row_number", "code").rows() == [(1, "duplicate_key")]
