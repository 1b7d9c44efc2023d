"""The invented market is what its manifest and its formula say, for the importer and for price models alike."""

import re
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from pipelines.feeds.mapping.store import load_mapping, mapping_names
from pipelines.feeds.parsing.parse import ParsedFeed, parse_feed
from pipelines.feeds.reject_codes import REJECT_CODES
from samples.dealers import deliveries
from samples.faults import BREAKAGES
from samples.market import MarketManifest, market_orgs, market_truth, write_market

SIZE = 1000


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inbox")


@pytest.fixture(scope="module")
def manifest(inbox: Path) -> MarketManifest:
    return write_market(inbox, listings=SIZE)


@pytest.fixture(scope="module")
def parsed(inbox: Path, manifest: MarketManifest) -> dict[str, ParsedFeed]:
    return {
        file.org: parse_feed((inbox / file.path).read_bytes(), load_mapping(file.mapping)) for file in manifest.files
    }


@pytest.mark.slow
def test_reading_the_files_gives_exactly_what_the_manifest_says(
    manifest: MarketManifest, parsed: dict[str, ParsedFeed]
) -> None:
    for file in manifest.files:
        found = parsed[file.org]
        rejects = dict(Counter(found.rejects["code"]))
        assert (found.rows_read, found.listings.height, rejects) == (file.rows, file.listings, file.rejects), file.org
    assert manifest.rows == manifest.listings + sum(manifest.rejects.values())
    assert manifest.listings == SIZE


def test_every_value_arrives_as_it_was_meant(parsed: dict[str, ParsedFeed]) -> None:
    truth = market_truth(listings=SIZE)
    read = pl.concat(
        feed.listings.with_columns(pl.lit(org).alias("org"), pl.col("source_key").str.extract(r"([^-]+)$").alias("key"))
        for org, feed in parsed.items()
    )
    both = truth.join(read, on=["org", "key"], how="full", suffix="_read", coalesce=True)
    assert both.height == SIZE
    for column in ("make", "model", "variant", "price_pkr", "visibility"):
        assert both.filter(pl.col(column).ne_missing(pl.col(f"{column}_read"))).is_empty(), column
    assert (both["model_year"] == both["model_year_read"]).all()
    assert ((both["mileage_km"] - both["mileage_km_read"]).abs() <= 1).all()  # miles are whole


@pytest.mark.slow
def test_same_seed_same_bytes_other_seed_other_cars(tmp_path: Path) -> None:
    def digest(seed: int, folder: str) -> dict[str, bytes]:
        files = write_market(tmp_path / folder, seed=seed, listings=300).files
        return {file.path: (tmp_path / folder / file.path).read_bytes() for file in files}

    first = digest(1, "a")
    assert digest(1, "b") == first
    assert all(digest(2, "c")[path] != data for path, data in first.items())


def test_orgs_are_fit_for_the_tables() -> None:
    orgs = market_orgs(2026)
    assert len(orgs) == 26
    assert len({org.code for org in orgs}) == 26
    for org in orgs:
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,62}", org.code)
        assert len({branch.code for branch in org.branches}) == len(org.branches)
        assert org.kind == "marketplace" or 1 <= len(org.branches) <= 3
    assert {org.default_mapping for org in orgs} <= set(mapping_names())


def test_every_reject_code_happens_somewhere(manifest: MarketManifest) -> None:
    assert set(REJECT_CODES) - set(manifest.rejects) == {
        "row_too_long",
        "bad_json",
        "not_a_car",
        "unknown_availability",
        "implausible_price",  # judged at the import, beside other dealers' cars
    }
    assert set(BREAKAGES) <= set(manifest.rejects)


def test_branches_of_listings_are_branches_of_their_org(parsed: dict[str, ParsedFeed]) -> None:
    for code, (org, _) in deliveries().items():
        assert set(parsed[code].listings["branch_code"].drop_nulls()) <= {branch.code for branch in org.branches}


def test_there_is_something_to_hide_and_something_on_call(parsed: dict[str, ParsedFeed]) -> None:
    market = pl.concat(feed.listings for feed in parsed.values())
    assert set(market["visibility"]) == {"public", "wholesale_public", "private"}
    assert ["autotrader"] in market["channels"].to_list()
    assert 0.01 < market["price_pkr"].null_count() / market.height < 0.06
    days = market["listed_on"].drop_nulls()
    assert days.n_unique() > 55
    assert (days.max() - days.min()).days < 60  # type: ignore[operator, union-attr]  # dates, as the column says


def test_asking_prices_scatter_about_the_formula_as_documented() -> None:
    error = market_truth().select(((pl.col("price_pkr") / pl.col("fair_pkr")) - 1).abs().mean()).item()
    assert 0.05 < error < 0.065


def test_the_second_day_changes_some_cars_and_keeps_the_rest(tmp_path: Path) -> None:
    first, second = (market_truth(listings=SIZE, day=day) for day in (1, 2))
    both = first.join(second, on=["org", "key"], suffix="_2")
    gone = 1 - both.height / SIZE
    cheaper = both.filter(pl.col("price_pkr_2") < pl.col("price_pkr")).height / SIZE
    assert 0.02 < gone < 0.07
    assert 0.06 < cheaper < 0.14
    assert both.filter(pl.col("price_pkr_2") > pl.col("price_pkr")).is_empty()
    names = {file.name for day in (1, 2) for file in write_market(tmp_path, listings=300, day=day).files}
    assert {name.split("_")[1][:10] for name in names} == {"2026-10-31", "2026-11-01"}
