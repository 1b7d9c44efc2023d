"""Show a week of sample traffic on its way to a dealer's dashboard, and compare the figures with how it was made."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.visible_to import visible_to
from core.db.session import Transaction, transaction
from core.db.tables import Listing, Org
from core.engagement.hours import HOUR, hour_of
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.states.listings import in_states
from pipelines.engagement.closing import close_due
from pipelines.engagement.days import DayRange, day_of
from pipelines.engagement.funnels import write_funnels
from pipelines.engagement.loading import LoadReport, load_lines
from pipelines.engagement.reporting import make_report
from samples.traffic import Traffic, TrafficCar, make_traffic
from serving.engagement.analytics import read_activity
from serving.engagement.capture import open_reader
from serving.engagement.counted import Scope
from serving.engagement.figures import Figures

DAYS: Final = 7
SESSIONS_A_DAY: Final = 60
_ANY = text("SELECT EXISTS (SELECT FROM engagement_files) OR EXISTS (SELECT FROM engagement_events)")
_CARS = (
    select(Listing.id, Listing.org_id, Org.code, Org.kind, Listing.make, Listing.model, Listing.city)
    .join(Org, Org.id == Listing.org_id)
    .where(in_states(Listing.status, "opened"), visible_to(Audience.anonymous()), Org.blocked_at.is_(None))
    .order_by(Listing.id)
)


@dataclass(frozen=True)
class TrafficShown:
    """The events taken in, the dashboard of the dealer with the most views, and the figures that are wrong."""

    batches: int
    events: int
    accepted: int
    duplicate: int
    dealer: str
    first: str
    last: str
    figures: dict[str, Any]
    wrong: list[str]


@dataclass(frozen=True)
class _Dealer:
    org_id: UUID
    code: str
    kind: str
    listings: tuple[str, ...]


def demonstrate_traffic(platform: Platform, now: datetime, seed: int) -> TrafficShown | None:
    """Take in a week of traffic, close its hours, count it, and compare; None where events are there already."""
    opener = partial(transaction, platform.sessions)
    with opener() as session:
        rows = [] if session.scalar(_ANY) else session.execute(_CARS).all()
    if not rows:
        return None
    cars = [TrafficCar(str(row.id), row.code, row.make, row.model, row.city or "Lahore") for row in rows]
    until = hour_of(now) - HOUR  # so that all its hours are to be closed
    traffic = make_traffic(cars, until, days=DAYS, sessions_a_day=SESSIONS_A_DAY, seed=seed)
    report = _take_in(platform, opener, traffic, now)
    dealers = [
        _Dealer(*org, tuple(str(row.id) for row in rows if row.org_id == org[0]))
        for org in sorted({(row.org_id, row.code, row.kind) for row in rows})
    ]
    days = DayRange(day_of(until - timedelta(days=DAYS)), day_of(now))
    with opener() as session:
        return _shown(session, dealers, days, (traffic, report))


def _take_in(platform: Platform, opener: Transaction, traffic: Traffic, now: datetime) -> LoadReport:
    lines = (json.dumps(line).encode() for line in traffic.lines)
    reader = open_reader(open_keys(platform.settings).index)
    report = load_lines(platform.sessions, reader, lines, lambda _: None)
    while close_due(opener, platform.storage, now).more:
        pass
    for day in DayRange(day_of(now - timedelta(days=DAYS)), day_of(now) - timedelta(days=1)).days():
        with opener() as session:
            write_funnels(session, platform.storage, day)
    return report


def _shown(session: Session, dealers: list[_Dealer], days: DayRange, came: tuple[Traffic, LoadReport]) -> TrafficShown:
    traffic, report = came
    truth = traffic.truth
    most = max(dealers, key=lambda dealer: (dealer.kind == "dealer", sum(truth.views[car] for car in dealer.listings)))
    figures: Figures = read_activity(session, Scope(most.org_id), days).figures
    counted = {row["key"]: row for row in make_report(session, days, "dealer").rows}
    counted[most.code] = asdict(figures)
    wrong = [] if (report.accepted, report.duplicate) == (truth.accepted, truth.duplicates) else [str(report)]
    for dealer in dealers:
        expected = {
            "views": sum(truth.views[car] for car in dealer.listings),
            "visitors": truth.visitors(dealer.listings),
            "contacts": sum(truth.contacts[car] for car in dealer.listings),
        }
        row = counted.get(dealer.code, dict.fromkeys(expected, 0))
        wrong += [
            f"{dealer.code}: {row[name]} {name}, made {made}" for name, made in expected.items() if row[name] != made
        ]
    return TrafficShown(
        report.batches, report.events, report.accepted, report.duplicate, most.code, str(days.first), str(days.last),
        asdict(figures), wrong,
    )  # fmt: skip
