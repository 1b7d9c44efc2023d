"""The suite over a batch: it passes what the row rules let through, and names what they should not have."""

import tempfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.normalise import row_rules
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.quality.feed_batch import RULES, breaches_by_file, validate_batch
from samples.market import write_market

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    inbox = tmp_path_factory.mktemp("inbox")
    frames = []
    for number, file in enumerate(write_market(inbox, seed=3, listings=300).files):
        parsed = parse_feed((inbox / file.path).read_bytes(), load_mapping(file.mapping))
        frames.append(parsed.listings.with_columns(file_id=pl.lit(str(number))))
    return pl.concat(frames)


def broken(batch: pl.DataFrame) -> set[str]:
    return {outcome.name for outcome in validate_batch(batch, TODAY) if not outcome.passed}


def test_batch_that_the_row_rules_accepted_passes_every_blocking_rule(batch: pl.DataFrame) -> None:
    assert broken(batch) & {rule.name for rule in RULES if rule.blocking} == set()


def test_suite_and_row_rules_accept_the_same_model_years(batch: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_rules, "market_today", lambda: TODAY)
    rows = [f"K{year},Toyota,Corolla,{year},45 lacs" for year in range(1940, 2040)]
    sheet = "\n".join(["Stock No,Make,Model,Year,Demand", *rows]).encode()
    accepted = parse_feed(sheet, load_mapping("showroom")).listings.with_columns(file_id=pl.lit("1"))
    assert "model_years_are_possible" not in broken(accepted)
    beyond = accepted.with_columns(pl.when(pl.col("model_year") == 2027).then(2028).otherwise(1950).alias("model_year"))
    assert "model_years_are_possible" in broken(beyond)


def test_empty_batch_passes(batch: pl.DataFrame) -> None:
    assert broken(batch.clear()) == set()


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("source_key", None, "every_row_has_a_source_key"),
        ("make", None, "every_row_names_a_make"),
        ("model", None, "every_row_names_a_model"),
        ("model_year", 2031, "model_years_are_possible"),
        ("model_year", 1899, "model_years_are_possible"),
        ("price_pkr", 0, "prices_are_positive"),
        ("fuel", "steam", "fuels_are_known"),
        ("transmission", "wobbly", "gearboxes_are_known"),
        ("body", "spaceship", "bodies_are_known"),
        ("visibility", "secret", "visibilities_are_known"),
    ],
)
def test_single_invalid_row_breaks_its_rule_and_names_its_file(
    batch: pl.DataFrame, column: str, value: object, rule: str
) -> None:
    first = pl.int_range(pl.len()) == 0
    invalid = pl.lit(value, dtype=batch.schema[column])
    spoilt = batch.with_columns(pl.when(first).then(invalid).otherwise(pl.col(column)).alias(column))
    outcomes = validate_batch(spoilt, TODAY)
    assert {outcome.name for outcome in outcomes if not outcome.passed} == {rule}
    (reason,) = breaches_by_file(outcomes).items()
    assert reason[0] == batch["file_id"][0]
    assert "in 1 of its rows" in reason[1]


def test_doubled_row_breaks_uniqueness(batch: pl.DataFrame) -> None:
    assert broken(pl.concat([batch, batch.head(1)])) == {"keys_are_unique_within_a_file"}


def test_missing_prices_break_only_a_rule_that_does_not_block(batch: pl.DataFrame) -> None:
    spoilt = batch.with_columns(price_pkr=pl.lit(None, dtype=pl.Int64))
    (rule,) = (rule for rule in RULES if rule.name == "most_rows_have_a_price")
    assert broken(spoilt) == {rule.name}
    assert not rule.blocking


def test_validation_leaves_no_folder_behind(
    batch: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    validate_batch(batch.head(10), TODAY)
    assert list(tmp_path.iterdir()) == []
