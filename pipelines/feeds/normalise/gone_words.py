"""Take cars as gone whose remark, title or price says so, whatever the column of their state says."""

import polars as pl

from pipelines.feeds.normalise.availability import GONE, SOLD, availability_state
from pipelines.feeds.normalise.distinct import map_distinct

_DAY_OF_SALE = r"\d{1,2}(?:st|nd|rd|th)?[ ./-]+(?:\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_GONE_AT_FIRST = (
    r"(?i)^[\s*\[(!#-]*(?:sold(?: ?-?out)?|booked|reserved|bik (?:gai|gayi|gaya|chuki)|فروخت شدہ|سولڈ|بک گئی)\b"
    r"(?:[\s*\])!.:,/|–—-]*$|[\s]*[*\])!.:,/|–—-]|\s+(?:to|for|out|hai|ho)\b|\s+(?:on )?" + _DAY_OF_SALE + ")"
)
"""The beginning of a remark or a title which says that the car is gone; "sold as is" and "booked in 2015" do not."""
_STILL_HERE = (
    r"(?i)^[\s*\[(!#-]*(?:sold|booked|reserved)[\s*\])!.:,/|–—-]+(?:(?:un)?(?:sold|booked|reserved)[\s:.,/–—-]+)?"
    r"(?:no|not|none|nil|nahi|nahin|unsold|never|as|with|serviced|maintained|insured"
    r"|(?:to|for) (?:the )?(?:first|1st|original|previous|serious))\b"
    r"|^[\s*\[(!#-]*booked[\s*\])!.:,/|–—-]+(?:registered|regd|driven|owned|used|imported|assembled|purchased|by one)\b"
)
"""Beginnings which seem to say so: an answer of "no", the terms of a sale, a sale of long ago, the car's history."""
_MARK = r"(?:sold(?:[ -]?out)?|booked|reserved|bik (?:gai|gayi|gaya|chuki)|فروخت شدہ|سولڈ|بک گئی)"
_ENDS = r"[\s*\])!.|–—-]*$"
_GONE_IN_NAME = rf"(?i)[\s\[(*!|/–—-]{_MARK}{_ENDS}"
"""The end of a make, model or variant which says that the car is gone: "Vitz (SOLD)", "Corolla - booked"."""
_GONE_AT_LAST = rf"(?i:[\[(*!|/–—-]\s*{_MARK}{_ENDS})|\s(?:SOLD(?: ?-?OUT)?|BOOKED|RESERVED){_ENDS}"
"""The end of a title which says so: set apart, or in capitals."""
_DENIED_AT_LAST = rf"(?i)\b(?:not|never|un|yet|be|being|nothing|previously|nahi|nahin)[\s-]*{_MARK}{_ENDS}"
_KEY_WITH_MARK = rf"(?i)^(.*\d.*?)[\s(\[*/_-]+{_MARK}[\s*\])!.]*$"
_KEY_BEHIND_MARK = rf"(?i)^[\s(\[*]*{_MARK}[\s*\])!:/_-]+(.*\d.*)$"
_LONGEST_REMARK = 60
_REMARKS = ("title", "variant", "description")
_AT_LAST = dict.fromkeys(("make", "model", "variant"), _GONE_IN_NAME) | {"title": _GONE_AT_LAST}
_GONE_IN_PRICE = r"(?i)sold|booked|reserved|deliver|reserviert|verkauft|vendid|bik |فروخت|سولڈ|بکڈ|ریزرو"
"""Marks of prices that may say that the car is gone; they are looked for to read few cells."""


def gone_by_price(table: pl.DataFrame) -> pl.DataFrame:
    """Take a car as gone whose dealer wrote "SOLD" or "Booked 45 lacs" where the price stands, and no other state."""
    said = table["price"].str.contains(_GONE_IN_PRICE) & table["availability"].is_null()
    if not said.any():
        return table
    states = map_distinct(table["price"].filter(said), availability_state)
    gone = pl.Series([state if state in GONE else None for state in states], dtype=pl.String)
    return table.with_columns(table["availability"].scatter(said.arg_true(), gone))


def gone_by_remark(table: pl.DataFrame) -> pl.DataFrame:
    """Take a car as gone whose remark, title or name says so ("Sold to Ali", "Vitz (SOLD)"), whatever its status."""
    short = pl.col("description").str.len_chars() <= _LONGEST_REMARK
    said = table.select(
        (
            pl.any_horizontal(
                pl.col(name).str.contains(pattern).fill_null(value=False)
                & ~pl.col(name).str.contains(_DENIED_AT_LAST).fill_null(value=False)
                for name, pattern in _AT_LAST.items()
            )
            | pl.any_horizontal(
                (pl.col(name).str.contains(_GONE_AT_FIRST) & ~pl.col(name).str.contains(_STILL_HERE)).fill_null(
                    value=False
                )
                & (short if name == "description" else True)
                for name in _REMARKS
            )
        )
        & ~pl.col("availability").is_in(GONE).fill_null(value=False)
    ).to_series()
    if not said.any():
        return table
    gone = table["availability"].scatter(said.arg_true(), SOLD)
    return table.with_columns(gone.alias("availability"))


def without_gone_mark(keys: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return stock numbers without a mark that their car is gone ("A4 SOLD", "SOLD-A4"), and which ones had it.

    The car was listed under the number alone, so it could not be taken off by another one.
    """
    marked = (keys.str.contains(_KEY_WITH_MARK) | keys.str.contains(_KEY_BEHIND_MARK)).fill_null(value=False)
    places = marked.arg_true()
    if places.is_empty():
        return keys, marked
    few = (
        keys.gather(places)
        .to_frame("key")
        .select(pl.coalesce(pl.col("key").str.extract(pattern, 1) for pattern in (_KEY_WITH_MARK, _KEY_BEHIND_MARK)))
    )
    return keys.scatter(places, few["key"]), marked


def gone_by_key(table: pl.DataFrame) -> pl.DataFrame:
    """Take a car as gone whose stock number was marked so (`key_gone`, which is left out afterwards)."""
    said = table["key_gone"] & ~table["availability"].is_in(GONE).fill_null(value=False)
    gone = table["availability"].scatter(said.arg_true(), SOLD) if said.any() else table["availability"]
    return table.with_columns(gone).drop("key_gone")
