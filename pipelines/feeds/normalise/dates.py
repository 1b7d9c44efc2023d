"""Read dates: ISO, "Apr 29, 2025", "29-Apr-2025", and slashed ones in the order that the mapping states."""

import polars as pl

from pipelines.feeds.normalise.numbers import plain

_WRITTEN = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%b %d, %Y", "%b %d %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y")
_ORDERED = {"dmy": ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"), "mdy": ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y")}
FIRST_YEAR, LAST_YEAR = 2000, 2100


def listed_on(cells: pl.Series, *, order: str) -> pl.Series:
    """Return `listed_on` (Date); a time of day is dropped, and a cell without a date from 2000 to 2100 is null."""
    text, day = pl.col("text"), pl.col("listed_on")
    clean = plain(text).str.replace(r"(\d)t?[ ,]*\d{1,2}:\d{2}.*$", "$1")
    clean = clean.str.replace(r"(\d{4}-\d{2}-\d{2})t.*$", "$1").str.replace(r"\b([a-z]{3})[a-z]*", "$1")
    days = [text.str.to_date(form, strict=False) for form in (*_WRITTEN, *_ORDERED[order])]
    read = pl.DataFrame({"text": cells}).select(clean).select(pl.coalesce(days).alias("listed_on"))
    return read.select(pl.when(day.dt.year().is_between(FIRST_YEAR, LAST_YEAR)).then(day).otherwise(None))["listed_on"]
