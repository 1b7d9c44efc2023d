"""The daily watch in an ephemeral instance: checks that pass while promises hold and fail visibly when they do not."""

import dagster as dg
import polars as pl
import pytest

from assets.definitions import defs
from assets.keys import ACCURACY, INDEXED_RATINGS, PRICE_BANDS, PRICE_MODEL, RECALIBRATED_MODEL
from core.db.session import SessionFactory, transaction
from core.prices.models import champion, price_models
from core.settings import Settings
from core.storage import Storage
from tests.factories.price_bands import MARKET_SIZE, TrainedMarket, arrive, deliver, fill_database, newer_ads
from tests.models.price_bands.conftest import invented_market

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def trained(
    environment: Settings,
    session_factory: SessionFactory,
    storage: Storage,
    trained_market: TrainedMarket,
) -> SessionFactory:
    with transaction(session_factory) as session:
        fill_database(session, invented_market(MARKET_SIZE))
    with transaction(session_factory) as session:
        trained_market.install(session, storage)
    return session_factory


def watch(instance: dg.DagsterInstance) -> tuple[dict[str, dict[str, dg.MetadataValue]], dict[str, bool]]:
    """Metadata by asset and verdicts by check of one run of the daily job."""
    result = defs().resolve_job_def("price_watch").execute_in_process(instance=instance, run_config=QUIET)
    metadata = {
        event.asset_key.path[-1]: dict(event.step_materialization_data.materialization.metadata)  # type: ignore[union-attr]
        for event in result.get_asset_materialization_events()
    }
    return metadata, {check.check_name: check.passed for check in result.get_asset_check_evaluations()}


def test_while_the_promises_hold_the_checks_pass_and_nothing_is_recalibrated(
    instance: dg.DagsterInstance, trained: SessionFactory
) -> None:
    with transaction(trained) as session:
        arrive(session, 250)
    metadata, checks = watch(instance)
    assert set(metadata) == {key.path[-1] for key in (ACCURACY, RECALIBRATED_MODEL, PRICE_BANDS, INDEXED_RATINGS)}
    assert checks["bands_cover_their_level"]
    assert checks["market_level_is_current"]
    assert checks["champion_can_be_read"]
    assert checks["new_ads_are_like_those_of_the_training"]
    assert checks["levels_moved_as_markets_move"]
    assert metadata["recalibrated_model"]["status"].value == "not_needed"
    shown = metadata["accuracy"]
    assert shown["by_segment"].value.records[0].data["segment"] == "all"  # type: ignore[union-attr]
    for plot in ("coverage_plot", "level_plot", "drift_plot"):
        assert str(shown[plot].value).startswith(("![coverage", "![market level", "![drift"))
        assert len(str(shown[plot].value)) > 5_000


def test_a_market_that_moved_fails_the_checks_and_is_followed(
    instance: dg.DagsterInstance, trained: SessionFactory
) -> None:
    with transaction(trained) as session:
        arrive(session, 400, factor=1.3)
    metadata, checks = watch(instance)
    assert not checks["bands_cover_their_level"]
    assert not checks["market_level_is_current"]
    status = metadata["recalibrated_model"]["status"].value
    assert (status, "# Price model" in str(metadata["recalibrated_model"]["model_card"].value)) == ("champion", True)
    with transaction(trained) as session:
        row = champion(session)
        assert row is not None
        assert row.origin == "recalibrated"
        assert metadata["price_bands"]["model_version"].value == row.version


def test_a_champion_that_was_lost_fails_its_check(
    instance: dg.DagsterInstance, trained: SessionFactory, storage: Storage
) -> None:
    with transaction(trained) as session:
        storage.put(price_models(session)[0].storage_key, b"damaged")
    job = defs().resolve_job_def("price_watch")
    result = job.execute_in_process(instance=instance, run_config=QUIET, raise_on_error=False)
    assert not result.success  # nothing can be measured of it, and that is seen


def test_the_model_asset_shows_its_card(instance: dg.DagsterInstance, trained: SessionFactory) -> None:
    job = defs().resolve_job_def("price_training")
    result = job.execute_in_process(instance=instance, run_config=QUIET)
    (event,) = [each for each in result.get_asset_materialization_events() if each.asset_key == PRICE_MODEL]
    metadata = event.step_materialization_data.materialization.metadata  # type: ignore[union-attr]
    assert "## Labels" in str(metadata["model_card"].value)
    assert "![coverage by segment](data:image/png;base64," in str(metadata["coverage_plot"].value)


def test_a_feed_with_empty_columns_is_named_and_recalibrates_nothing(
    instance: dg.DagsterInstance, trained: SessionFactory
) -> None:
    cars = newer_ads(300, factor=1.2).with_columns(
        pl.lit(None, pl.String).alias(name) for name in ("assembly", "fuel", "body", "transmission")
    )
    with transaction(trained) as session:
        before = champion(session)
        deliver(session, cars, dealer="poor-feed")
    metadata, checks = watch(instance)
    assert not checks["new_ads_are_like_those_of_the_training"]
    assert checks["feeds_state_prices_in_rupees"]
    assert "assembly is not stated for 100%" in str(metadata["accuracy"]["input_warnings"].value)
    told = metadata["recalibrated_model"]
    assert told["status"].value == "inputs_drifted"
    assert "mostly in the feed poor-feed" in str(told["message"].value)
    with transaction(trained) as session:
        assert before is not None
        assert champion(session).version == before.version  # type: ignore[union-attr]
