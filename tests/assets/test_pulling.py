"""Uploaded and pulled files start a run by themselves; a source that fails does not fail the others."""

from datetime import timedelta

import dagster as dg

from assets.definitions import defs
from assets.defs.feeds.pulling import feed_files_waiting, feeds_pull
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.egress.addresses import EgressRules
from core.identity.orgs import add_org
from core.platform import Platform
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.register import store_and_register
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.pull.sources import NewSource, add_source

STOCK = b"Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2018,45 lacs\n"


def test_waiting_files_ask_for_one_run(
    environment: Settings, session_factory: SessionFactory, storage: Storage
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance)
        assert isinstance(feed_files_waiting(context), dg.SkipReason)
        then = utc_now() - timedelta(minutes=1)
        with transaction(session_factory) as session:
            org = add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
            delivery = Delivery(org, "a.csv", STOCK, load_mapping("showroom"))
            store_and_register(session, storage, delivery, received_at=then, now=then)
        first, second = (feed_files_waiting(context) for _ in range(2))
        assert isinstance(first, dg.RunRequest)
        assert isinstance(second, dg.RunRequest)
        assert first.run_key == second.run_key


def test_failing_source_is_a_warning(settings: Settings, session_factory: SessionFactory, storage: Storage) -> None:
    with transaction(session_factory) as session:
        org = add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
        add_source(
            session, storage, org, NewSource("https://127.0.0.1/stock.csv"), EgressRules(schemes=("https", "sftp"))
        )
    platform = Platform(settings, session_factory, storage)
    result = feeds_pull.execute_in_process(resources={"platform": platform})
    assert result.success
    outputs = {event.step_key: event for event in result.all_events if event.event_type_value == "STEP_OUTPUT"}
    assert set(outputs) == {"pull_feed_sources", "take_feed_mail"}
    metadata = outputs["pull_feed_sources"].step_output_data.metadata
    assert {name: metadata[name].value for name in ("new", "unchanged", "failed")} == {
        "new": 0,
        "unchanged": 0,
        "failed": 1,
    }


def test_schedule_and_sensor_are_loaded() -> None:
    repository = defs().get_repository_def()
    assert repository.has_job("feeds_pull")
    assert repository.get_schedule_def("feeds_pulled_hourly").default_status == dg.DefaultScheduleStatus.RUNNING
    assert repository.get_sensor_def("feed_files_waiting").job_name == "dealer_feeds"
