"""Read dates: ISO, "Apr 29, 2025", "29-Apr-25", counts of days or seconds, slashed ones in the mapping's order."""

from datetime import date, timedelta

import polars as pl

from core.clock import market_today
from pipelines.feeds.normalise.numbers import plain

_WRITTEN = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%b %d, %Y", "%b %d %Y", "%d %b %Y", "%d %b, %Y", "%d-%b-%Y")
_ORDERED = {"dmy": ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"), "mdy": ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y")}
FIRST_DAY = date(2000, 1, 1)
_EXCEL_DAY_0 = date(1899, 12, 30)


def listed_on(cells: pl.Series, *, order: str) -> pl.Series:
    """Return `listed_on` (Date); a time of day is dropped, and a cell without a date from 2000 to tomorrow is null.

    Tomorrow, since a sender's day may begin earlier than ours.
    """
    text, day = pl.col("text"), pl.col("listed_on")
    clean = plain(text).str.replace(r"(\d)t?[ ,]*\d{1,2}:\d{2}.*$", "$1")
    clean = clean.str.replace(r"(\d{4}-\d{2}-\d{2})t.*$", "$1").str.replace(r"\b(\d{1,2})(?:st|nd|rd|th)\b", "$1")
    clean = clean.str.replace(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[ ,]+", "")
    clean = clean.str.replace(r"\b([a-z]{3})[a-z]*", "$1")
    clean = clean.str.replace(r"^(\d{1,2}|[a-z]{3})([-/. ])(\d{1,2}|[a-z]{3})([-/. ]|, )(\d\d)$", "$1$2$3${4}20$5")
    days = [text.str.to_date(form, strict=False) for form in (*_WRITTEN, *_ORDERED[order])]
    count = text.str.extract(r"^(\d{5})(?:\.\d+)?$", 1).cast(pl.Int32, strict=False)
    seconds = text.str.extract(r"^(\d{10})(?:\d{3})?$", 1).cast(
        pl.Int64, strict=False
    )  # since 1970, perhaps in thousandths
    days += [pl.lit(_EXCEL_DAY_0) + pl.duration(days=count), pl.from_epoch(seconds, time_unit="s").dt.date()]
    read = pl.DataFrame({"text": cells}).select(clean)
    read = read.select(pl.coalesce(*days).alias("listed_on"))
    inside = day.is_between(FIRST_DAY, market_today() + timedelta(days=1))
    return read.select(pl.when(inside).then(day).otherwise(None))["listed_on"]
