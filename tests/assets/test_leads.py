"""Promises to buyers are counted every day; checks are red where nobody was told of a breach, or nobody has a lead."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import pytest
from sqlalchemy import select, text

from assets.definitions import defs
from assets.keys import LEAD_EVENTS, LEAD_SCORE_MODEL, SLA_REPORT
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.leads import LeadDesk, LeadSlaDay
from core.settings import Settings
from pipelines.leads.clock_store import sync_clocks
from pipelines.leads.desk import stored_desk
from pipelines.leads.log import NewLeadEvent, append
from pipelines.leads.timers import issue_due
from serving.leads.past_leads import add_past_leads
from tests.factories.lead_rows import add_lead
from tests.factories.leads import DAYS
from tests.factories.listings import add_listing

HOUR = timedelta(hours=1)


@pytest.fixture
def instance(environment: Settings) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def checked(instance: dg.DagsterInstance) -> dict[str, bool]:
    result = defs().resolve_job_def("leads_report").execute_in_process(instance=instance)
    assert result.success
    return {each.check_name: each.passed for each in result.get_asset_check_evaluations()}


def test_promises_are_counted_and_what_nobody_was_told_of_is_red(
    instance: dg.DagsterInstance, session_factory: SessionFactory
) -> None:
    now = utc_now()
    with transaction(session_factory) as session:
        first = add_lead(session, now - 3 * HOUR)
        calendar = {"timezone": "Asia/Karachi", "week": {day: ["00:00-24:00"] for day in DAYS}}
        session.add(LeadDesk(org_id=first.org_id, calendar=calendar))
        session.flush()
        sync_clocks(session, first, stored_desk(session, first.org_id))
        answered, _ = add_lead(session, now - HOUR), add_lead(session, now - HOUR / 2)
        append(session, answered, NewLeadEvent("call", now - HOUR + timedelta(minutes=20)))
        sync_clocks(session, answered, stored_desk(session, first.org_id))
    assert checked(instance) == {"every_lead_has_an_owner_or_a_reason": True, "no_breach_is_unreported": False}
    issue_due(lambda: transaction(session_factory))
    assert checked(instance) == {"every_lead_has_an_owner_or_a_reason": True, "no_breach_is_unreported": True}
    with transaction(session_factory) as session:
        session.execute(text("UPDATE leads SET waiting_reason = 'new'"))
        rows = session.scalars(select(LeadSlaDay)).all()
    assert checked(instance)["every_lead_has_an_owner_or_a_reason"] is False
    sums = [sum(getattr(row, name) for row in rows) for name in ("leads", "promises", "kept", "late", "running")]
    assert sums == [3, 3, 1, 1, 1]
    assert [row.median_minutes for row in rows if row.kept] == [pytest.approx(20)]
    for key, name in ((SLA_REPORT, "response_times_by_hour"), (LEAD_EVENTS, "buyer_message")):
        event = instance.get_latest_materialization_event(key)
        assert event is not None
        assert event.asset_materialization is not None
        assert event.asset_materialization.metadata[name].value


def test_lead_score_model_says_how_it_did_on_later_leads(
    instance: dg.DagsterInstance, session_factory: SessionFactory
) -> None:
    with transaction(session_factory) as session:
        for number in range(12):
            add_listing(session, org=f"dealer-{number % 4}")
        add_past_leads(session, utc_now(), seed=1)
    for held in (375, 0):
        assert defs().resolve_job_def("leads_score").execute_in_process(instance=instance).success
        event = instance.get_latest_materialization_event(LEAD_SCORE_MODEL)
        assert event is not None
        assert event.asset_materialization is not None
        told = event.asset_materialization.metadata
        assert told["held"].value == held
        assert ("brier" in told) == ("base_brier" in told) == (held > 0)
        assert "data:image/png" in str(told["calibration"].value)
        with transaction(session_factory) as session:
            session.execute(text("UPDATE leads SET blind_index = NULL"))
