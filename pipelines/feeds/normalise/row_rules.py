"""Decide which rows become listings; of the rules that refuse a row, the first gives its code."""

from dataclasses import dataclass

import polars as pl

from core.clock import market_today
from core.listing_frame import EARLIEST_MODEL_YEAR, LISTING_SCHEMA, latest_model_year
from core.vocabulary import Channel, Visibility
from pipelines.feeds.normalise.availability import GONE, UNKNOWN
from pipelines.feeds.normalise.fields import FieldTable
from pipelines.feeds.reject_codes import reject_frame

LONGEST_KEY = 100


@dataclass(frozen=True)
class Rule:
    """State a condition on the normalised columns that refuses a row; `field` names the cell that is shown."""

    code: str
    field: str
    refused: pl.Expr


def _rules(latest_year: int, *, split_title: bool) -> list[Rule]:
    col = pl.col
    year = col("model_year")
    nowhere = (col("channels").list.len() == 0) | ~col("channels").list.eval(
        pl.element().is_in([str(channel) for channel in Channel])
    ).list.all()
    return [
        Rule("bad_key", "key", col("key_lost") | (col("source_key").str.len_chars() > LONGEST_KEY)),
        Rule("missing_key", "key", col("source_key").is_null()),
        Rule("not_a_car", "kind", (col("kind") == "other").fill_null(value=False)),
        Rule("not_for_sale", "availability", col("availability").is_in(GONE)),
        Rule("unknown_availability", "availability", col("availability") == UNKNOWN),
        Rule(
            "unknown_make" if split_title else "missing_make", "title" if split_title else "make", col("make").is_null()
        ),
        Rule("missing_model", "title" if split_title else "model", col("model").is_null()),
        Rule("missing_year", "model_year", ~col("year_written")),
        Rule("bad_year", "model_year", ~year.is_between(EARLIEST_MODEL_YEAR, latest_year).fill_null(value=False)),
        *(Rule(code, "price", col("price_problem") == code) for code in PRICE_CODES),
        Rule("mileage_out_of_range", "mileage", col("mileage_problem").is_not_null()),
        Rule("unknown_visibility", "visibility", ~col("visibility").is_in(list(Visibility)).fill_null(value=False)),
        Rule("unknown_channel", "channels", nowhere.fill_null(value=True)),
    ]


PRICE_CODES = ("currency_not_supported", "price_not_understood", "price_too_low", "price_too_high")


def latest_accepted_year() -> int:
    """Return the newest model year that rows may have today, whatever dates the file holds."""
    return latest_model_year(market_today())


def _rejects(rows: pl.DataFrame, code: pl.Expr, table: FieldTable, fields: dict[str, str]) -> pl.DataFrame:
    """Build the rejects of rows; `fields` gives the field that each code shows."""
    coded = rows.with_columns(code.alias("code"))
    field = pl.col("code").replace_strict(fields, return_dtype=pl.String)
    shown = dict.fromkeys(fields.values())
    cells = {name: f"cell_{name}" if f"cell_{name}" in table.frame.columns else name for name in shown}
    texts = table.frame.select("row_number", *(pl.col(cell).alias(f"text_{name}") for name, cell in cells.items()))
    value = pl.coalesce(pl.when(field == name).then(pl.col(f"text_{name}")) for name in shown)
    year = pl.when(field == "model_year").then(pl.col("model_year").cast(pl.String))  # it may come from the title
    column = field.replace_strict({name: table.names.get(name, name) for name in shown}, return_dtype=pl.String)
    joined = coded.select("row_number", "source_key", "code", "model_year").join(
        texts, on="row_number", how="left", maintain_order="left"
    )
    return reject_frame(joined.with_columns(column.alias("column"), pl.coalesce(value, year).alias("value")))


def apply_rules(
    cars: pl.DataFrame, table: FieldTable, *, split_title: bool, latest_year: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split rows into listings (ROW_SCHEMA) and rejects; every row is in exactly one of them.

    Of rows with one key that pass every rule, the last is the listing and the earlier ones are `duplicate_key`. Where
    `cars` has a column `file`, keys are compared within a file; the listings keep the column.
    """
    rules = _rules(latest_year, split_title=split_title)
    judged = cars.with_columns(*(table.frame[name] for name in ("key_lost", "availability", "kind"))).with_columns(
        pl.coalesce([pl.when(rule.refused).then(pl.lit(rule.code)) for rule in rules]).alias("code")
    )
    refused = judged.filter(pl.col("code").is_not_null())
    passed = judged.filter(pl.col("code").is_null())
    whose = [name for name in ("file",) if name in cars.columns]
    earlier = pl.col("row_number") < pl.col("row_number").max().over("source_key", *whose)
    fields = {rule.code: rule.field for rule in rules} | {"duplicate_key": "key"}
    duplicates = passed.filter(earlier)
    latest = passed if duplicates.is_empty() else passed.filter(~earlier)
    rejects = pl.concat(
        [
            _rejects(refused, pl.col("code"), table, fields),
            _rejects(duplicates, pl.lit("duplicate_key"), table, fields),
        ]
    )
    listings = latest.select(
        *(pl.col(name).cast(dtype) for name, dtype in LISTING_SCHEMA.items()), "row_number", "chassis_number", *whose
    )
    return listings, rejects.sort("row_number")


def duplicate_rejects(rows: pl.DataFrame, table: FieldTable) -> pl.DataFrame:
    """Build the rejects of accepted rows (`row_number`, `source_key`) that a later row of the file supersedes."""
    years = rows.with_columns(pl.lit(None, pl.Int32).alias("model_year"))
    return _rejects(years, pl.lit("duplicate_key"), table, {"duplicate_key": "key"})
