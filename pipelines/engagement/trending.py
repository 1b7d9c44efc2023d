"""Name what shoppers look for: searches that found nothing, and the makes that are viewed most."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.thresholds import FEWEST_DEVICES
from core.engagement.digests import SERVER_DEVICE
from core.observability.redaction import mask_contacts
from core.search.words.folding import words
from core.storage import Storage
from pipelines.engagement.aggregates.measures import COUNTED, IS_VIEW
from pipelines.engagement.cold.scanning import scan_events
from pipelines.engagement.days import DayRange
from pipelines.engagement.shoppers import with_shoppers

FEWEST_DAYS: Final = 3
MOST: Final = 50
_LONGEST: Final = 60
_MASKS: Final = {"phone", "cnic", "email", "secret"}
_NUMBER: Final = re.compile(r"\d(?:\W*\d){6,}")
"""Seven digits, however they are parted: the rest of a phone number or a CNIC."""
_PLATE: Final = re.compile(r"\b([a-z]{1,4})\s*(?:\d{2}\s+)?\d{1,4}\b")
_WORDS = text("SELECT DISTINCT unnest(ARRAY[make, model]) FROM listings")
_DAY: Final = pl.col("at").dt.convert_time_zone("Asia/Karachi").dt.date()


@dataclass(frozen=True)
class TrendReport:
    """Searches without results and popular makes of a range: by text, with devices, days and how often."""

    first: date
    last: date
    searches: list[dict[str, Any]]
    makes: list[dict[str, Any]]


def report_trends(session: Session, storage: Storage, days: DayRange) -> TrendReport:
    """Name the trends of a range of days, over events of closed hours.

    Raises:
        IncompleteEventsError: events of the range have expired, or a file is missing or was changed.
    """
    named = named_words(session)
    events = scan_events(session, storage, days.start, days.end)
    searches, makes = missing_searches(events, named), popular_makes(events)
    return TrendReport(days.first, days.last, searches.to_dicts(), makes.to_dicts())


def named_words(session: Session) -> set[str]:
    """Return the words of makes and models, which are no letters of a plate."""
    return {word for name in session.scalars(_WORDS) if name for word in words(name)}


def missing_searches(events: pl.LazyFrame, named: Collection[str]) -> pl.DataFrame:
    """Count the searches that found nothing, of at least 20 devices and shoppers on 3 days, without personal data.

    Args:
        events: columns of `core.engagement.events`.
        named: words of makes and models, which are no letters of a plate.

    Returns:
        text (folded words), devices, days, searches; the 50 of most devices.
    """
    return _searches(events, named, pl.col("results") == 0)


def asked_searches(events: pl.LazyFrame, named: Collection[str]) -> pl.DataFrame:
    """Count all searches by the same rules, whatever they found."""
    return _searches(events, named, pl.lit(True))


def _searches(events: pl.LazyFrame, named: Collection[str], which: pl.Expr) -> pl.DataFrame:
    asked = with_shoppers(events).filter(COUNTED & (pl.col("type") == "search") & which & pl.col("query").is_not_null())
    told = asked.with_columns(text=pl.col("query").map_elements(lambda query: told_as(query, named), pl.String))
    return _trends(told, "searches")


def popular_makes(events: pl.LazyFrame) -> pl.DataFrame:
    """Count views by make, of at least 20 devices on 3 days: text (the make), devices, days, views."""
    return _trends(with_shoppers(events).filter(IS_VIEW).with_columns(text=pl.col("make")), "views")


def told_as(query: str, named: Collection[str]) -> str | None:
    """Return the words of a search as others may read them; None where it may hold personal data.

    >>> told_as("Corolla  CROSS 2025", {"corolla"}), told_as("LEA-1234", {"corolla"}), told_as("alto 0300 1234567", ())
    ('corolla cross 2025', None, None)
    """
    plain = " ".join(words(query))
    personal = mask_contacts(query) != query or _MASKS & set(plain.split()) or "@" in query or _NUMBER.search(query)
    plates = [letters for letters in _PLATE.findall(plain) if letters not in named]
    return None if personal or plates or not plain or len(plain) > _LONGEST else plain


def _trends(events: pl.LazyFrame, counted: str) -> pl.DataFrame:
    by_device = events.filter((pl.col("device") != SERVER_DEVICE) & pl.col("text").is_not_null())
    found = by_device.group_by("text").agg(
        pl.min_horizontal(pl.col("device").n_unique(), pl.col("shopper").n_unique()).cast(pl.Int64).alias("devices"),
        _DAY.n_unique().cast(pl.Int64).alias("days"),
        pl.len().cast(pl.Int64).alias(counted),
    )
    enough = found.filter((pl.col("devices") >= FEWEST_DEVICES) & (pl.col("days") >= FEWEST_DAYS))
    return enough.sort(["devices", "text"], descending=[True, False]).head(MOST).collect()
