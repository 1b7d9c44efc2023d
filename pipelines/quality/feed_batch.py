"""Validate the parsed rows of all pending files with Great Expectations before they are published.

Row rules (`pipelines.feeds`) have already rejected bad rows, so a row that breaks a blocking rule here means that the
row rules or a mapping are wrong. Its file must not be published; the files of other dealers are. A rule that does not
block reports unusual data: people look, the cars are published.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from core.listing_frame import EARLIEST_MODEL_YEAR, latest_model_year
from core.vocabulary import Body, Fuel, Transmission, Visibility


@dataclass(frozen=True)
class BatchRule:
    """Describe a rule; its name is a sentence that is true when the rule holds.

    `expectation` makes the object of Great Expectations (GX) from its `expectations` module and today's date.
    """

    name: str
    description: str
    blocking: bool
    expectation: Callable[[Any, date], Any] = field(repr=False)


@dataclass(frozen=True)
class FileBreach:
    """Count the rows of one file that broke a rule; `example` is one of them: stock number and value."""

    rows: int
    example: str


@dataclass(frozen=True)
class RuleOutcome:
    """Report whether a rule held: rows judged, rows that broke it, and some of their values.

    `files` counts the rows that broke a blocking rule by their `file_id`.
    """

    name: str
    passed: bool
    rows: int
    unexpected: int
    examples: list[str]
    files: dict[str, FileBreach] = field(default_factory=dict)


def _not_null(column: str) -> Callable[[Any, date], Any]:
    return lambda gxe, _: gxe.ExpectColumnValuesToNotBeNull(column=column)


def _one_of(column: str, values: list[str]) -> Callable[[Any, date], Any]:
    return lambda gxe, _: gxe.ExpectColumnValuesToBeInSet(column=column, value_set=values)


def _mostly_present(column: str, share: float) -> Callable[[Any, date], Any]:
    return lambda gxe, _: gxe.ExpectColumnValuesToNotBeNull(column=column, mostly=share)


RULES: tuple[BatchRule, ...] = (
    BatchRule(
        "every_row_has_a_source_key",
        "No row lacks the dealer's key.",
        blocking=True,
        expectation=_not_null("source_key"),
    ),
    BatchRule("every_row_names_a_make", "No row lacks a make.", blocking=True, expectation=_not_null("make")),
    BatchRule("every_row_names_a_model", "No row lacks a model.", blocking=True, expectation=_not_null("model")),
    BatchRule(
        "keys_are_unique_within_a_file",
        "One file names a car once.",
        blocking=True,
        expectation=lambda gxe, _: gxe.ExpectCompoundColumnsToBeUnique(column_list=["file_id", "source_key"]),
    ),
    BatchRule(
        "model_years_are_possible",
        f"Model years lie between {EARLIEST_MODEL_YEAR} and next year.",
        blocking=True,
        expectation=lambda gxe, today: gxe.ExpectColumnValuesToBeBetween(
            column="model_year", min_value=EARLIEST_MODEL_YEAR, max_value=latest_model_year(today)
        ),
    ),
    BatchRule(
        "prices_are_positive",
        "A price is positive, or absent (call for price).",
        blocking=True,
        expectation=lambda gxe, _: gxe.ExpectColumnValuesToBeBetween(column="price_pkr", min_value=1),
    ),
    BatchRule("fuels_are_known", "Fuels are of the list.", blocking=True, expectation=_one_of("fuel", list(Fuel))),
    BatchRule(
        "gearboxes_are_known",
        "Gearboxes are of the list.",
        blocking=True,
        expectation=_one_of("transmission", list(Transmission)),
    ),
    BatchRule(
        "bodies_are_known", "Body styles are of the list.", blocking=True, expectation=_one_of("body", list(Body))
    ),
    BatchRule(
        "visibilities_are_known",
        "Visibility is never a guess.",
        blocking=True,
        expectation=_one_of("visibility", list(Visibility)),
    ),
    BatchRule(
        "most_rows_have_a_price",
        "At least 80 % of rows name a price.",
        blocking=False,
        expectation=_mostly_present("price_pkr", 0.8),
    ),
    BatchRule(
        "most_rows_have_a_city",
        "At least 90 % of rows name a city.",
        blocking=False,
        expectation=_mostly_present("city", 0.9),
    ),
    BatchRule(
        "most_rows_have_a_mileage",
        "At least 90 % name a mileage.",
        blocking=False,
        expectation=_mostly_present("mileage_km", 0.9),
    ),
)


def validate_batch(rows: pl.DataFrame, today: date) -> list[RuleOutcome]:
    """Run the suite over canonical rows (LISTING_SCHEMA plus `file_id`) and return an outcome per rule, as in RULES."""
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
    return [_outcome(rule, _validate(batch, rule, today), frame) for rule in RULES]


def _validate(batch: Any, rule: BatchRule, today: date) -> Any:
    import great_expectations as gx

    # COMPLETE names every row that breaks the rule: needed to set its file aside, too much where nothing is.
    form = "COMPLETE" if rule.blocking else "BASIC"
    return batch.validate(rule.expectation(gx.expectations, today), result_format=form)


def _outcome(rule: BatchRule, result: Any, frame: Any) -> RuleOutcome:
    found = result.result or {}
    examples = [str(value)[:80] for value in found.get("partial_unexpected_list", [])[:5]]
    unexpected = int(found.get("unexpected_count", 0))
    files: dict[str, FileBreach] = {}
    if rule.blocking and unexpected:
        files = _breaches(frame.iloc[found["unexpected_index_list"]], found["unexpected_list"])
    return RuleOutcome(rule.name, bool(result.success), len(frame), unexpected, examples, files)


def _breaches(rows: Any, values: list[Any]) -> dict[str, FileBreach]:
    """Group rows that break a rule by file; the example is the first one's stock number and offending value."""
    counts = Counter(rows["file_id"])
    examples: dict[str, str] = {}
    for file_id, key, value in zip(rows["file_id"], rows["source_key"], values, strict=True):
        shown = "" if isinstance(value, dict) or value is None or value != value else f" ({str(value)[:80]})"
        examples.setdefault(file_id, f"{key}{shown}")
    return {file_id: FileBreach(count, examples[file_id]) for file_id, count in counts.items()}


def breaches_by_file(outcomes: Sequence[RuleOutcome]) -> dict[str, str]:
    """Describe, by `file_id`, which blocking rules the rows of a file broke; files that broke none are left out."""
    descriptions = {rule.name: rule.description.rstrip(".") for rule in RULES}
    broken: dict[str, list[str]] = {}
    for outcome in outcomes:
        for file_id, breach in outcome.files.items():
            text = f"{descriptions[outcome.name]} - broken in {breach.rows:,} of its rows, such as {breach.example}"
            broken.setdefault(file_id, []).append(text)
    return {file_id: "; ".join(texts) for file_id, texts in broken.items()}
