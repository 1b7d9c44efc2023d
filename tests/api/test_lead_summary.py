"""Response times of a small history, worked out by hand: by person, branch and hour of the day in Karachi.

The desk works from Monday to Friday, 09:00 to 18:00, and promises a first answer within an hour of that.
"""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Branch, Org
from core.db.tables.leads import LeadDesk
from pipelines.leads.clock_store import sync_clocks
from pipelines.leads.desk import stored_desk
from pipelines.leads.log import By, NewLeadEvent, append
from tests.api.people import People, Person
from tests.factories.lead_rows import add_lead
from tests.factories.listings import add_listing

ORG, OTHER = "khan-motors", "malik-autos"
KARACHI = ZoneInfo("Asia/Karachi")
OPEN = {"week": {day: ["09:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}}
PROMISE = [{"first_answer": {"minutes": 60}, "next_answer": {"minutes": 60}}]
MONDAY, TUESDAY, WEDNESDAY, FRIDAY, NEXT_MONDAY = 0, 1, 2, 4, 7


def at(day: int, clock: str) -> datetime:
    """A time of day in Karachi, so many days after the Monday of two or three weeks ago."""
    today = utc_now().astimezone(KARACHI).date()
    monday = today - timedelta(days=today.weekday() + 14)
    return datetime.combine(monday + timedelta(days=day), time.fromisoformat(clock), KARACHI)


class History:
    """Writes leads as the domain does."""

    def __init__(self, session: Session, org: str) -> None:
        self._session = session
        self._car = add_listing(session, org=org)
        org_id = session.scalars(select(Org.id).where(Org.code == org)).one()
        self._branches = dict(session.execute(select(Branch.code, Branch.id).where(Branch.org_id == org_id)).all())
        self._org_id = org_id
        session.add(LeadDesk(org_id=org_id, calendar=OPEN, policies=PROMISE))
        session.flush()

    def branch(self, code: str) -> str:
        return str(self._branches[code])

    def lead(self, asked: datetime, branch: str | None, owner: Person | None, *events: NewLeadEvent) -> None:
        lead = add_lead(self._session, asked, None if owner is None else owner.user_id, self._car)
        lead.branch_id = None if branch is None else self._branches[branch]
        for event in events:
            append(self._session, lead, event)
        sync_clocks(self._session, lead, stored_desk(self._session, self._org_id))
        self._session.flush()


def call(person: Person, when: datetime) -> NewLeadEvent:
    return NewLeadEvent("call", when, By("person", person.user_id))


@pytest.fixture
def staff(client: httpx.Client, people: People) -> dict[str, Person]:
    return {name: people.person((ORG, Role.SALES_AGENT)) for name in ("ali", "sara", "omar")}


@pytest.fixture
def branches(staff: dict[str, Person], people: People, session_factory: SessionFactory) -> dict[str, str]:
    """The history, and the ids of the branches by their codes."""
    ali, sara, omar = (staff[name] for name in ("ali", "sara", "omar"))
    people.org(OTHER)
    with transaction(session_factory) as session:
        of = History(session, ORG)
        again = NewLeadEvent("buyer_message", at(MONDAY, "12:00"), By("buyer"))
        first = call(ali, at(MONDAY, "10:10"))
        of.lead(at(MONDAY, "10:00"), "dha", ali, first, again, call(sara, at(MONDAY, "12:50")))  # 10 minutes
        of.lead(at(MONDAY, "10:30"), "dha", ali, call(ali, at(MONDAY, "11:00")))  # 30
        of.lead(at(MONDAY, "17:50"), "clifton", ali, call(ali, at(TUESDAY, "09:40")))  # 10 and 40 = 50
        of.lead(at(FRIDAY, "20:00"), "clifton", omar, call(sara, at(NEXT_MONDAY, "10:30")))  # 90, too late
        of.lead(at(TUESDAY, "02:00"), "dha", sara, call(sara, at(TUESDAY, "08:00")))  # 0: Monday 21:00 in UTC
        of.lead(at(WEDNESDAY, "00:30"), None, None, call(sara, at(WEDNESDAY, "09:20")))  # 20
        nobody = (
            NewLeadEvent("auto_reply", at(MONDAY, "12:01"), By("system")),
            NewLeadEvent("note", at(MONDAY, "13:00")),
        )
        of.lead(at(MONDAY, "12:00"), "clifton", omar, *nobody)  # never answered
        of.lead(at(-28, "10:00"), "dha", ali, call(ali, at(-28, "17:00")))  # before the last 30 days
        History(session, OTHER).lead(at(MONDAY, "10:00"), None, None, call(omar, at(MONDAY, "10:05")))
        return {code: of.branch(code) for code in ("dha", "clifton")}


def summary(client: httpx.Client, person: Person, **asked: int) -> dict[str, Any]:
    answer = client.get("/v1/leads/summary", params=asked, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def figures(rows: list[dict[str, Any]]) -> dict[str | None, tuple[int, float, float, int]]:
    """Answers, median and 90th percentile of working minutes, and late ones, by key."""
    return {row["key"]: (row["answers"], row["median_minutes"], row["p90_minutes"], row["late"]) for row in rows}


def test_figures_by_person_branch_and_hour(
    client: httpx.Client, people: People, staff: dict[str, Person], branches: dict[str, str]
) -> None:
    found = summary(client, people.person((ORG, Role.BRANCH_MANAGER)))
    assert figures(found["by_person"]) == {
        str(staff["ali"].user_id): (3, 30.0, 46.0, 0),  # 10, 30, 50
        str(staff["sara"].user_id): (3, 20.0, 76.0, 1),  # 0, 20, 90; and Omar, who answered nobody, has no figures
    }
    assert figures(found["by_branch"]) == {
        branches["dha"]: (3, 10.0, 26.0, 0),  # 0, 10, 30
        branches["clifton"]: (2, 70.0, 86.0, 1),  # 50, 90
        None: (1, 20.0, 20.0, 0),
    }
    assert list(figures(found["by_hour"]).items()) == [
        ("0", (1, 20.0, 20.0, 0)),
        ("2", (1, 0.0, 0.0, 0)),
        ("10", (2, 20.0, 28.0, 0)),
        ("17", (1, 50.0, 50.0, 0)),
        ("20", (1, 90.0, 90.0, 1)),
    ]
    assert found["states"] == {"assigned": 1, "contacted": 7}
    assert found["overdue"] == 1


def test_more_days_count_more_answers(
    client: httpx.Client, people: People, staff: dict[str, Person], branches: dict[str, str]
) -> None:
    found = summary(client, people.person((ORG, Role.BRANCH_MANAGER)), days=90)
    assert figures(found["by_person"])[str(staff["ali"].user_id)] == (4, 40.0, 309.0, 1)  # 10, 30, 50, 420
    assert figures(summary(client, people.person((ORG, Role.BRANCH_MANAGER)), days=1)["by_person"]) == {}


def test_manager_of_one_branch_gets_its_figures_alone(
    client: httpx.Client, people: People, staff: dict[str, Person], branches: dict[str, str]
) -> None:
    manager = people.person((ORG, Role.BRANCH_MANAGER), branches=("dha",))
    found = summary(client, manager)
    assert figures(found["by_person"]) == {
        str(staff["ali"].user_id): (2, 20.0, 28.0, 0),
        str(staff["sara"].user_id): (1, 0.0, 0.0, 0),
    }
    assert list(figures(found["by_branch"])) == [branches["dha"]]
    assert list(figures(found["by_hour"])) == ["2", "10"]
