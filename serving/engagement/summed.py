"""Read the sum of an organisation's counted rows over a range, in one statement and with parts of the sketches alone.

A sketch has up to 16 KiB, and a range has one for each day; of many sketches the union needs only the smallest digests.
"""

from typing import Any, Final

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pipelines.engagement.aggregates.measures import COUNTS
from pipelines.engagement.aggregates.sketches import K, union_of_heads
from pipelines.engagement.days import DayRange
from serving.engagement.counted import PARTS, Scope, counted_rows, no_rows

_SKETCHES: Final = ("visitor_sketch", "session_sketch")
_SUMS = ", ".join(f"CAST(sum(a.{name}) AS bigint) AS {name}" for name in (*COUNTS, "visitors", "sessions"))
_IN_ORDER = "ORDER BY a.starts, a.key) FILTER (WHERE a.{0} IS NOT NULL)"
_HEADS = ", ".join(
    f"coalesce(string_agg(substring(a.{name} FOR :most), '' {_IN_ORDER.format(name)}, '') AS {name},"
    f" array_agg(least(octet_length(a.{name}), :most) {_IN_ORDER.format(name)} AS {name}_sizes"
    for name in _SKETCHES
)
_EXPIRED = "a.visitors > 0 AND a.visitor_sketch IS NULL OR a.sessions > 0 AND a.session_sketch IS NULL"
_SUMMED = text(
    f"{PARTS} SELECT count(*) AS rows, bool_or({_EXPIRED}) AS expired,"  # noqa: S608
    f" {_SUMS}, {_HEADS} FROM parts p JOIN engagement_aggregates a USING (grain, starts)"
    " WHERE a.dimension = :dimension AND a.key = ANY(CAST(:keys AS text[])) AND a.org_id = :org"
)
_WHOLE: Final = 8 * K
_SPARE: Final = 8
"""The average number of returns of a day's people up to which cut sketches are enough; above it whole ones are read."""


def summed_rows(session: Session, scope: Scope, days: DayRange) -> pl.DataFrame:
    """Read what `counted_rows` gives of a scope as one row; all rows where some have no sketches any more."""
    dimension, keys = scope.rows()
    given = {"org": scope.org_id, "dimension": dimension, "keys": keys, "first": days.start, "until": days.end}
    number = (days.last - days.first).days + 1
    most = min(_WHOLE, 8 * (_SPARE * K // number + 1))
    for cut in sorted({most, _WHOLE}):
        row = session.execute(_SUMMED, given | {"most": cut}).mappings().one()
        if not row["rows"]:
            return no_rows()
        if row["expired"]:
            break
        unions = {name: union_of_heads(row[name], row[f"{name}_sizes"] or [], cut) for name in _SKETCHES}
        if None not in unions.values():
            return _frame({**row, **unions, "day": "", "dimension": dimension, "key": "", "org_id": str(scope.org_id)})
    return counted_rows(session, scope, days, dimension, keys)


def _frame(row: dict[str, Any]) -> pl.DataFrame:
    schema = no_rows().schema
    return pl.DataFrame([{name: row[name] for name in schema}], schema=schema)
