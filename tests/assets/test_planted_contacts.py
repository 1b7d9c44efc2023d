"""Contacts in a feed file stand in no event, metadata or message of the run that imports it."""

import dagster as dg
from sqlalchemy import select

from assets.definitions import defs
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.identity.orgs import ensure_org
from core.settings import Settings
from tests.factories.planted import SPELLINGS, STOCK, planted_in


def test_run_that_imports_planted_contacts_tells_none(
    instance: dg.DagsterInstance, environment: Settings, session_factory: SessionFactory
) -> None:
    with transaction(session_factory) as session:
        ensure_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
    drop = environment.inbox / "khan-motors"
    drop.mkdir(parents=True)
    (drop / "stock.csv").write_text(STOCK, encoding="utf-8")
    result = defs().resolve_job_def("dealer_feeds").execute_in_process(instance=instance, raise_on_error=False)
    with transaction(session_factory) as session:
        assert len(session.scalars(select(Listing.id)).all()) == len(SPELLINGS)
    events = instance.all_logs(result.run_id)
    assert any(event.is_dagster_event and event.get_dagster_event().is_step_materialization for event in events)
    told = "\n".join(dg.serialize_value(event) for event in events)
    assert planted_in(told) == []
