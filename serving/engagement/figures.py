"""Make the figures that dealers and sellers read of counted rows."""

from dataclasses import dataclass, fields
from typing import Any

import polars as pl

from pipelines.engagement.aggregates.combining import combine
from pipelines.engagement.aggregates.measures import EXAMINED_UNIT

_SHARE_DIGITS = 4


@dataclass(frozen=True)
class Figures:
    """The acts of shoppers. Shares are null where nothing stands below the line; `visitors` are of the whole range."""

    views: int
    visitors: int
    sessions: int
    impressions: int
    contacts: int
    leads: int
    leads_answered: int
    deposits: int
    sales: int
    bot_views: int
    staff_views: int
    contact_rate: float | None
    lead_rate: float | None
    click_rate: float | None


@dataclass(frozen=True)
class KeyFigures(Figures):
    """Figures of a day, a branch, a listing, a model, a city or a source."""

    key: str


COUNTED = tuple(field.name for field in fields(Figures) if not field.name.endswith("_rate"))
NAMES = tuple(field.name for field in fields(Figures))


def total(parts: pl.DataFrame) -> tuple[Figures, pl.DataFrame]:
    """Combine rows of any keys into one; people under several keys count once. Returns the combined row as well."""
    combined = combine(parts.with_columns(key=pl.lit(""), dimension=pl.lit("whole")))
    rows = combined.to_dicts()
    return Figures(**_figures(rows[0] if rows else {})), combined


def by_key(parts: pl.DataFrame) -> tuple[list[KeyFigures], pl.DataFrame]:
    """Combine rows of each key, sorted by key. Returns the combined rows as well."""
    combined = combine(parts.with_columns(dimension=pl.lit("key"))).sort("key")
    return [KeyFigures(key=row["key"], **_figures(row)) for row in combined.to_dicts()], combined


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    counts = {name: int(row.get(name, 0)) for name in COUNTED}
    rates = {
        "contact_rate": share(counts["contacts"], counts["views"]),
        "lead_rate": share(counts["leads"], counts["views"]),
        "click_rate": share(row.get("placed_clicks", 0) * EXAMINED_UNIT, row.get("examined", 0)),
    }
    return counts | rates


def share(part: float, whole: float) -> float | None:
    """Return a share, or nothing of nothing.

    >>> share(1, 3), share(0, 0)
    (0.3333, None)
    """
    return round(part / whole, _SHARE_DIGITS) if whole else None
