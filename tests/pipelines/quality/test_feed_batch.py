"""The suite over a batch: it passes what the row rules let through, and names what they should not have."""

import tempfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.quality.feed_batch import RULES, validate_batch
from samples.market import write_market

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
def test_one_row_that_is_a_lie_breaks_its_rule(batch: pl.DataFrame, column: str, value: object, rule: str) -> None:
    first = pl.int_range(pl.len()) == 0
    lie = pl.lit(value, dtype=batch.schema[column])
    spoilt = batch.with_columns(pl.when(first).then(lie).otherwise(pl.col(column)).alias(column))
    assert broken(spoilt) == {rule}


def test_doubled_row_breaks_uniqueness(batch: pl.DataFrame) -> None:
    assert broken(pl.concat([batch, batch.head(1)])) == {"keys_are_unique_within_a_file"}


def test_missing_prices_are_a_remark_not_a_stop(batch: pl.DataFrame) -> None:
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
