"""The index's assets and checks: a refusal is a failing check, the present index answers on, lag is measured."""

import dagster as dg
from sqlalchemy import text

from assets.definitions import defs
from assets.defs.search.checks import index_is_not_behind
from assets.keys import INDEXED_RATINGS, LISTING_INDEX
from core.access.audience import Audience
from core.db.session import SessionFactory, transaction
from core.platform import open_platform
from core.search import open_search_engine
from core.settings import Settings
from tests.factories.listings import add_listing, add_many


def run(instance: dg.DagsterInstance, job: str, *keys: dg.AssetKey) -> dg.ExecuteInProcessResult:
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return (
        defs()
        .resolve_job_def(job)
        .execute_in_process(
            instance=instance, run_config=quiet, raise_on_error=False, asset_selection=list(keys) or None
        )
    )


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {check.check_name: check.passed for check in result.get_asset_check_evaluations()}


def test_refused_index_fails_its_check_and_the_present_one_answers_on(
    environment: Settings, instance: dg.DagsterInstance, session_factory: SessionFactory
) -> None:
    with transaction(session_factory) as session:
        add_many(session, 99)
    calm = run(instance, "dealer_feeds", LISTING_INDEX)
    assert calm.success
    assert checks(calm)["new_index_can_be_trusted"]
    with transaction(session_factory) as session:  # a restored backup: without the cars, without the watermark
        session.execute(text("DELETE FROM outbox_offsets"))
        session.execute(text("DELETE FROM listings WHERE source_key LIKE 'many-%' AND row_number > 50"))
        session.execute(text("DELETE FROM outbox_events"))
    refused = run(instance, "dealer_feeds", LISTING_INDEX)
    assert not refused.success
    assert checks(refused) == {"new_index_can_be_trusted": False}
    assert open_search_engine(environment).count(Audience.anonymous()) == 100


def test_lag_is_measured_and_a_change_that_waits_fails_the_check(
    environment: Settings, instance: dg.DagsterInstance, session_factory: SessionFactory
) -> None:
    with transaction(session_factory) as session:
        add_listing(session)
    assert checks(run(instance, "dealer_feeds", LISTING_INDEX, INDEXED_RATINGS))["index_is_not_behind"]
    with transaction(session_factory) as session:
        add_listing(session)
        session.execute(text("UPDATE outbox_events SET created_at = now() - interval '3 minutes'"))
    with open_platform(environment) as platform:
        result = index_is_not_behind(platform=platform)
    assert isinstance(result, dg.AssetCheckResult)
    assert not result.passed
    assert (result.metadata["lag"].value, result.metadata["lag_seconds"].value >= 180) == (1, True)


def test_trimming_runs(environment: Settings, instance: dg.DagsterInstance, session_factory: SessionFactory) -> None:
    assert run(instance, "outbox_trimming").success
