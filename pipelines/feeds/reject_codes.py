"""List why a row does not become a listing: every code, with its sentence and what the sender can do about it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

REJECT_SCHEMA: Final = pl.Schema(
    {
        "row_number": pl.Int32,  # 1 is the first record after the header
        "source_key": pl.String,
        "code": pl.String,
        "column": pl.String,  # as the sender named it
        "value": pl.String,  # at most VALUE_LIMIT characters, contacts masked
        "message": pl.String,
        "byte_offset": pl.Int64,  # where the row begins in the unpacked file; null where it is not known
        "severity": pl.String,  # Severity
    }
)

VALUE_LIMIT = 200
"""Characters of a cell that a reject shows: enough to find it, too few to leak a description."""

# Pakistani and international numbers: 0300-1234567, +92 300 1234567, (042) 35761234. Prices and keys do not match.
PHONE_PATTERN = r"(?:\+\d|\(?\b[0۰٠]|\b[9۹٩][2۲٢][ -]?[3۳٣]|\b[3۳٣]\d{2}[ -])[\d\s().-]{6,16}\d"
PHONE_MASK = "[phone]"
EMAIL_PATTERN = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
CNIC_PATTERN = r"\b\d{5}[ -]?\d{7}[ -]?\d\b"


Severity = Literal["error", "warning", "info"]
"""error: a car is missing that should be listed. warning: the car is listed, but the file contradicts itself.
info: as it should be, nothing to mend."""


@dataclass(frozen=True)
class RejectCode:
    """Say what is wrong, and what the sender should change."""

    problem: str
    fix: str
    severity: Severity = "error"

    @property
    def message(self) -> str:
        """One line for the sender."""
        return f"{self.problem} {self.fix}"


REJECT_CODES: Final[dict[str, RejectCode]] = {
    # The row as text
    "ragged_row": RejectCode(
        "The row has more or fewer cells than the header.", "Quote cells that hold the separator or a line break."
    ),
    "bad_quoting": RejectCode("A quote in the row is not closed.", "Double every quote inside a quoted cell."),
    "nul_byte": RejectCode("The row holds a NUL character.", "Export the file again as plain text."),
    "not_utf8": RejectCode("The row is not in the encoding of the rest of the file.", "Save the file as UTF-8."),
    "row_too_long": RejectCode("The row is longer than 100,000 characters.", "Shorten the description."),
    "bad_json": RejectCode(
        "The record is not a JSON object.", "Write every car as one object, in JSON Lines on one line."
    ),
    # Which car it is
    "missing_key": RejectCode("The row has no stock number.", "Give every car a number that stays with it."),
    "bad_key": RejectCode(
        "The stock number cannot be used: it is longer than 100 characters, or a spreadsheet has put a rounded number,"
        " a date or an error in its place (4.89E+11, 12-Mar, #REF!, ####).",
        "Format the column as text before the numbers are entered, and send each car's own short number.",
    ),
    "duplicate_key": RejectCode(
        "A later row of the file has the same stock number; that one is used.", "Send each car once.", "warning"
    ),
    "missing_make": RejectCode("The row has no make.", "Fill in the make, for example Toyota."),
    "unknown_make": RejectCode(
        "The title and the address do not begin with a make that we know.",
        "Begin the title with the make, or ask for the make to be added.",
    ),
    "missing_model": RejectCode("The row has no model.", "Fill in the model, for example Corolla."),
    "missing_year": RejectCode(
        "The model year is neither in its column nor in the title or address.", "Fill in the year with four digits."
    ),
    "bad_year": RejectCode("The model year is not a year from 1950 to next year.", "Correct the year."),
    # The price
    "price_not_understood": RejectCode(
        "The price is neither an amount nor a word for 'call for price'.",
        "Write an amount such as 4500000 or 45 lacs, or leave the cell empty.",
    ),
    "price_too_low": RejectCode(
        "The price is under 10,000 rupees.", "Give the full price in rupees, or leave the cell empty."
    ),
    "price_too_high": RejectCode("The price is over 10 billion rupees.", "Correct the price."),
    "implausible_price": RejectCode(
        "The price is under a sixth of what such cars cost, or over six times as much.",
        "Correct the price, or tell us that it is right.",
    ),
    "currency_not_supported": RejectCode("The price is not in Pakistani rupees.", "Give the price in PKR."),
    # The state of the car, and who may see it
    "mileage_out_of_range": RejectCode(
        "The mileage is negative or over 2,000,000 km.", "Correct the mileage, or leave the cell empty."
    ),
    "not_for_sale": RejectCode("The row says that the car is sold, reserved or withdrawn.", "Nothing to do.", "info"),
    "unknown_availability": RejectCode(
        "The status of the car is a word that we do not know, so the car is not published.",
        "Write available, reserved, sold or withdrawn, or have the word added to the mapping ([values.availability]).",
    ),
    "not_a_car": RejectCode("The row is no car but a boat, trailer, motorcycle or the like.", "Nothing to do.", "info"),
    "unknown_visibility": RejectCode(
        "The visibility is not public, wholesale_public or private, so the car is shown to nobody.",
        "Correct the visibility.",
    ),
    "unknown_channel": RejectCode(
        "The channel is not automart or autotrader, so the car is shown nowhere.", "Correct the channel."
    ),
}


def shown_value(value: pl.Expr) -> pl.Expr:
    """Prepare a cell to be shown by a reject: no control characters, contacts masked, then cut."""
    clean = value.str.slice(0, 10 * VALUE_LIMIT).str.replace_all(r"[\x00-\x1f\x7f]", " ")
    masked = clean.str.replace_all(EMAIL_PATTERN, "[email]").str.replace_all(CNIC_PATTERN, "[cnic]")
    return masked.str.replace_all(PHONE_PATTERN, PHONE_MASK).str.slice(0, VALUE_LIMIT)


def reject_severities() -> dict[str, str]:
    """Return the severity by code."""
    return {code: reject.severity for code, reject in REJECT_CODES.items()}


def reject_messages() -> dict[str, str]:
    """Return the sentence by code."""
    return {code: reject.message for code, reject in REJECT_CODES.items()}


def most_frequent_first(reasons: Mapping[str, int]) -> dict[str, int]:
    """Sort counts of rejected rows by code: the most frequent first, ties by code."""
    return dict(sorted(reasons.items(), key=lambda each: (-each[1], each[0])))


def count_reasons(rejects: pl.DataFrame) -> dict[str, int]:
    """Count rejected rows by code, the most frequent first."""
    return most_frequent_first(Counter(rejects["code"].to_list()))


def has_lost_keys(rejects: pl.DataFrame) -> bool:
    """Return whether rows were rejected whose stock number is lost: any car that the file lacks may be one of them."""
    return not rejects.filter((pl.col("code") == "bad_key") & pl.col("source_key").is_null()).is_empty()


def reject_frame(rows: pl.DataFrame) -> pl.DataFrame:
    """Complete rejects: columns row_number and code must be there; source_key, column and value may be."""
    missing = [pl.lit(None, pl.String).alias(c) for c in ("source_key", "column", "value") if c not in rows.columns]
    full = rows.with_columns(missing)
    return full.with_columns(
        shown_value(pl.col("value").cast(pl.String)),
        pl.col("source_key").cast(pl.String).str.slice(0, VALUE_LIMIT),
        pl.col("code").replace_strict(reject_messages(), return_dtype=pl.String).alias("message"),
        pl.col("code").replace_strict(reject_severities(), return_dtype=pl.String).alias("severity"),
        pl.lit(None, pl.Int64).alias("byte_offset"),
    ).select(pl.col(name).cast(dtype) for name, dtype in REJECT_SCHEMA.items())
