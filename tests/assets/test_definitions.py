"""The data team finds every asset described, every check a sentence, and everything in a job."""

import dagster as dg
import pytest

from assets.definitions import defs
from assets.keys import ALL_KEYS, MARKET_KEYS
from assets.pipeline_asset import owners_of


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return defs()


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> list[dg.AssetSpec]:
    return list(definitions.resolve_all_asset_specs())


PARTIAL_JOBS = (
    "dealer_feeds",
    "feed_photos_copying",
    "photos_judging",
    "price_training",
    "price_watch",
    "audit_verification",
    "deposits_proof",
    "leads_report",
    "leads_score",
    "engagement_hours",
    "engagement_days",
    "engagement_funnels",
    "engagement_position",
    "webhook_deliveries",
)


def test_every_declared_key_exists_and_no_other(specs: list[dg.AssetSpec]) -> None:
    assert {spec.key for spec in specs} == set(ALL_KEYS)


def test_every_asset_is_described(specs: list[dg.AssetSpec]) -> None:
    for spec in specs:
        assert spec.description, spec.key
        assert len(spec.description) > 40, spec.key
        assert spec.group_name not in (None, "default"), spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        assert spec.freshness_policy is not None or "freshness_reason" in spec.metadata, spec.key


def test_group_and_owners_follow_from_the_key(specs: list[dg.AssetSpec]) -> None:
    for spec in specs:
        assert (spec.group_name, list(spec.owners)) == (spec.key.path[0], owners_of(spec.key))
    assert {owner for spec in specs for owner in spec.owners} == {"team:data", "team:ml"}


def test_assets_stand_in_the_order_of_the_graph(specs: list[dg.AssetSpec]) -> None:
    place = {key: number for number, key in enumerate(ALL_KEYS)}
    late = [(spec.key, dep.asset_key) for spec in specs for dep in spec.deps if place[dep.asset_key] > place[spec.key]]
    assert late == []


def test_every_check_is_a_sentence_about_an_asset(definitions: dg.Definitions) -> None:
    keys = definitions.resolve_asset_graph().asset_check_keys
    assert len(keys) >= 10
    for key in keys:
        assert key.name.count("_") >= 2, key
        assert key.asset_key in ALL_KEYS, key


def test_every_asset_but_feed_files_has_a_check(definitions: dg.Definitions) -> None:
    checked = {key.asset_key for key in definitions.resolve_asset_graph().asset_check_keys}
    unchecked = {key.to_user_string() for key in ALL_KEYS} - {key.to_user_string() for key in checked}
    assert unchecked <= {
        "feeds/feed_files",
        "feeds/feed_rejects",
        "price_bands/pricing_samples",
        "engagement/event_files",
    }


def test_jobs_cover_the_graph_and_run_in_one_process(definitions: dg.Definitions) -> None:
    jobs = {name: definitions.resolve_job_def(name) for name in (*PARTIAL_JOBS, "whole_market")}
    assert set(jobs["whole_market"].asset_layer.executable_asset_keys) == set(MARKET_KEYS)
    covered = {key for name in PARTIAL_JOBS for key in jobs[name].asset_layer.executable_asset_keys}
    assert covered == set(ALL_KEYS)
    assert {job.executor_def.name for job in jobs.values()} == {"in_process"}


def test_sensor_and_schedules_run_without_being_asked(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    assert {sensor.name for sensor in repository.sensor_defs} >= {"feed_files_landed"}
    assert {schedule.name for schedule in repository.schedule_defs} == {
        "price_bands_weekly",
        "price_watch_daily",
        "dealer_feeds_hourly",
        "feeds_pulled_hourly",
        "feed_photos_hourly",
        "photos_judged_hourly",
        "outbox_trimmed_daily",
        "audit_verified_daily",
        "deposits_proven_daily",
        "leads_report_daily",
        "leads_score_weekly",
        "webhook_deliveries_daily",
    }
    for automation in (*repository.schedule_defs, repository.get_sensor_def("feed_files_landed")):
        assert automation.default_status.value == "RUNNING", automation.name
