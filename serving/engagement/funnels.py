"""Tell a dealer how many shoppers came from search to sale, and how long it took them.

Funnels need all events of some weeks, which the application does not read: each day the asset `engagement/funnels`
writes those of the 30 days that end with it (`pipelines.engagement.funnels`). Dashboards
show the newest of their range.
"""

import csv
import io
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.db.tables.engagement_aggregates import EngagementFunnel
from pipelines.engagement.days import DayRange
from pipelines.engagement.funnel import STEPS, TIMED
from pipelines.engagement.funnels import FUNNEL_DAYS
from serving.engagement.counted import Scope

_STAMPED: Final = ("model", "city", "source")


@dataclass(frozen=True)
class FunnelStep:
    """Shoppers and cars that came to a step; null: no event of it is known.

    Seconds are from the search to the view, and from the first view to each later step, null where fewer than
    `core.access.thresholds.FEWEST_TIMED` came in that order.
    """

    step: str
    count: int | None
    p50_seconds: int | None
    p90_seconds: int | None


FUNNEL_NAMES: Final = ("key", "from", "to", *(field.name for field in fields(FunnelStep)))


@dataclass(frozen=True)
class KeyFunnel:
    """The steps of a dealer, a branch, a model, a city or a source."""

    key: str
    steps: list[FunnelStep]


@dataclass(frozen=True)
class Funnel:
    """The funnels of the 30 days that end with `last`."""

    first: date
    last: date
    rows: list[KeyFunnel]


def read_funnel(session: Session, scope: Scope, days: DayRange, by: str | None) -> Funnel | None:
    """Read the newest funnels whose last day is in the range; None where there are none.

    A row is the organisation, or what `by` says where that is a branch, a model, a city or a source. A role that is
    narrowed to branches reads those branches, whatever `by` says: shoppers of several cannot be added up.
    """
    table = EngagementFunnel
    if scope.branch_ids is not None or by == "branch":
        dimension = "branch"
    else:
        dimension = f"dealer_{by}" if by in _STAMPED else "dealer"
    mine = [table.org_id == scope.org_id, table.dimension == dimension]
    if scope.branch_ids is not None:
        mine.append(table.key.in_(sorted(map(str, scope.branch_ids))))
    newest = select(func.max(table.day)).where(*mine, table.day.between(days.first, days.last)).scalar_subquery()
    query: Select[EngagementFunnel] = (
        select(table).where(*mine, table.day == newest).order_by(table.view.desc().nulls_last(), table.key)
    )
    rows = session.scalars(query).all()
    if not rows:
        return None
    last = rows[0].day
    return Funnel(last - timedelta(days=FUNNEL_DAYS - 1), last, [_row(row) for row in rows])


def funnel_csv(funnel: Funnel | None) -> str:
    """Write a line for each row and step; the header alone where there is no funnel."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FUNNEL_NAMES)
    writer.writeheader()
    if funnel is not None:
        span = {"from": funnel.first, "to": funnel.last}
        writer.writerows({"key": row.key, **span, **asdict(step)} for row in funnel.rows for step in row.steps)
    return out.getvalue()


def _row(row: EngagementFunnel) -> KeyFunnel:
    found = [FunnelStep(step, getattr(row, step), *_seconds(row, step)) for step in STEPS]
    return KeyFunnel("total" if row.dimension == "dealer" else row.key.replace("|", " "), found)


def _seconds(row: EngagementFunnel, step: str) -> tuple[Any, Any]:
    if step not in TIMED:
        return None, None
    return getattr(row, f"{step}_p50_s"), getattr(row, f"{step}_p90_s")
