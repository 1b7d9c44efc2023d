"""What must hold of a whole batch of parsed rows, whatever files they came from.

Row rules (`pipelines.feeds`) have already sent bad rows to the rejects, so a blocking rule that fails here means
that the rules or a mapping are wrong, and publishing would spread a lie: the batch stops. A rule that does not
block says that the dealers' data are unusual: people look, the cars go out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from core.listing_frame import EARLIEST_MODEL_YEAR
from core.vocabulary import Body, Fuel, Transmission, Visibility


@dataclass(frozen=True)
class BatchRule:
    """A rule named by the sentence that is true when it passes; `expectation` makes the GX object."""

    name: str
    description: str
    blocking: bool
    expectation: Callable[[Any, date], Any] = field(repr=False)


@dataclass(frozen=True)
class RuleOutcome:
    """Whether a rule held, on how many rows, and a few values that broke it."""

    name: str
    passed: bool
    rows: int
    unexpected: int
    examples: list[str]


def _not_null(column: str) -> Callable[[Any, date], Any]:
    return lambda gxe, _: gxe.ExpectColumnValuesToNotBeNull(column=column)


def _one_of(column: str, values: list[str]) -> Callable[[Any, date], Any]:
    return lambda gxe, _: gxe.ExpectColumnValuesToBeInSet(column=column, value_set=values)


def _mostly_present(column: str, share: float) -> Callable[[Any, date], Any]:
    return lambda gxe, _: gxe.ExpectColumnValuesToNotBeNull(column=column, mostly=share)


RULES: tuple[BatchRule, ...] = (
    BatchRule("every_row_has_a_source_key", "No row lacks the dealer's key.", True, _not_null("source_key")),
    BatchRule("every_row_names_a_make", "No row lacks a make.", True, _not_null("make")),
    BatchRule("every_row_names_a_model", "No row lacks a model.", True, _not_null("model")),
    BatchRule(
        "keys_are_unique_within_a_file",
        "One file names a car once.",
        True,
        lambda gxe, _: gxe.ExpectCompoundColumnsToBeUnique(column_list=["file_id", "source_key"]),
    ),
    BatchRule(
        "model_years_are_possible",
        f"Model years lie between {EARLIEST_MODEL_YEAR} and next year.",
        True,
        lambda gxe, today: gxe.ExpectColumnValuesToBeBetween(
            column="model_year", min_value=EARLIEST_MODEL_YEAR, max_value=today.year + 1
        ),
    ),
    BatchRule(
        "prices_are_positive",
        "A price is positive, or absent (call for price).",
        True,
        lambda gxe, _: gxe.ExpectColumnValuesToBeBetween(column="price_pkr", min_value=1),
    ),
    BatchRule("fuels_are_known", "Fuels are of the list.", True, _one_of("fuel", list(Fuel))),
    BatchRule("gearboxes_are_known", "Gearboxes are of the list.", True, _one_of("transmission", list(Transmission))),
    BatchRule("bodies_are_known", "Body styles are of the list.", True, _one_of("body", list(Body))),
    BatchRule("visibilities_are_known", "Visibility is never a guess.", True, _one_of("visibility", list(Visibility))),
    BatchRule(
        "most_rows_have_a_price", "At least 80 % of rows name a price.", False, _mostly_present("price_pkr", 0.8)
    ),
    BatchRule("most_rows_have_a_city", "At least 90 % of rows name a city.", False, _mostly_present("city", 0.9)),
    BatchRule("most_rows_have_a_mileage", "At least 90 % name a mileage.", False, _mostly_present("mileage_km", 0.9)),
)


def validate_batch(rows: pl.DataFrame, today: date) -> list[RuleOutcome]:
    """Run the suite over canonical rows (LISTING_SCHEMA plus `file_id`); one outcome a rule, in RULES' order."""
    import great_expectations as gx  # takes seconds: only those who validate pay
    import pandas as pd
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    columns = [name for name, dtype in rows.schema.items() if not dtype.is_nested()]
    frame = pd.DataFrame(rows.select(columns).to_dict(as_series=False), columns=columns)
    batch = (
        context.data_sources.add_pandas("feeds")
        .add_dataframe_asset("feed_rows")
        .add_batch_definition_whole_dataframe("batch")
        .get_batch(batch_parameters={"dataframe": frame})
    )
    return [_outcome(rule, batch.validate(rule.expectation(gx.expectations, today)), len(frame)) for rule in RULES]


def _outcome(rule: BatchRule, result: Any, rows: int) -> RuleOutcome:
    found = result.result or {}
    examples = [str(value)[:80] for value in found.get("partial_unexpected_list", [])[:5]]
    return RuleOutcome(rule.name, bool(result.success), rows, int(found.get("unexpected_count", 0)), examples)
