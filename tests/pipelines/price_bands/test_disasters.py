"""One feed cannot spoil the market's level: each disaster leaves the champion as it is and is told by name."""

from collections.abc import Callable

import polars as pl
import pytest
from sqlalchemy import BigInteger, cast, select, update
from sqlalchemy.orm import Session

from core.db.tables import Listing, Org
from core.prices.models import champion
from core.storage import Storage
from pipelines.price_bands.monitoring import watch_prices
from pipelines.price_bands.samples.choosing import build_samples
from pipelines.price_bands.versions.recalibration import recalibrate_model
from pipelines.price_bands.versions.training import train_model
from tests.factories.price_bands import deliver, newer_ads

pytestmark = pytest.mark.slow

HONEST = ("a1", "b2", "c3", "d4")
INFLATION = 1.07
NOT_STATED = ("variant", "mileage_km", "fuel", "body", "transmission", "assembly", "engine_cc", "registered_in")

Feeds = dict[str, pl.DataFrame]


def honest(count: int = 360, *, factor: float = INFLATION) -> Feeds:
    """Newer ads of four dealers."""
    cars = newer_ads(count, factor=factor).with_columns(number=pl.int_range(count) % len(HONEST))
    return {name: cars.filter(pl.col("number") == number) for number, name in enumerate(HONEST)}


def times(factor: float, condition: pl.Expr | None = None) -> pl.Expr:
    moved = (pl.col("price_pkr") * factor).cast(pl.Int64)
    return moved if condition is None else pl.when(condition).then(moved).otherwise("price_pkr")


def column_poor() -> Feeds:
    cars = newer_ads(300, factor=INFLATION, seed=51)
    return honest() | {"poor": cars.with_columns(pl.lit(None, cars.schema[name]).alias(name) for name in NOT_STATED)}


def hondas_times(factor: float) -> Feeds:
    """Every new ad of a make, whoever sells it."""
    return {name: cars.with_columns(times(factor, pl.col("make") == "Honda")) for name, cars in honest().items()}


def confused_dealer(factor: float) -> Feeds:
    """The only dealer of a make writes lakh for crore, or the other way round."""
    cars = newer_ads(600, factor=INFLATION, seed=52).filter(pl.col("make") == "Suzuki")
    others = {name: cars.filter(pl.col("make") != "Suzuki") for name, cars in honest().items()}
    return others | {"confused": cars.with_columns(times(factor))}


def big_dealer(factor: float) -> Feeds:
    """60 % of the ads are of one dealer."""
    return honest(240) | {"big": newer_ads(360, factor=INFLATION * factor, seed=53)}


WHOLE_MAKE = {"make x 10": 10.0, "make / 10": 0.1}
"""Disasters that befall the make's older ads as well, so that no ad stands out among its peers."""
DISASTERS: dict[str, tuple[Callable[[], Feeds], str, tuple[str, ...]]] = {
    "columns empty": (column_poor, "inputs_drifted", ("assembly is not stated", "in the feed poor")),
    "make x 10": (lambda: hondas_times(10), "levels_implausible", ("make honda is at 9.", "of the feed ")),
    "make / 10": (lambda: hondas_times(0.1), "levels_implausible", ("make honda is at 0.1", "of the feed ")),
    "new ads of a make x 10": (lambda: hondas_times(10), "inputs_drifted", ("make is distributed", "the feed a1 have")),
    "lakh for crore": (lambda: confused_dealer(0.01), "inputs_drifted", ("new ads of the feed confused have prices",)),
    "crore for lakh": (lambda: confused_dealer(100), "levels_implausible", ("make suzuki", "of the feed confused")),
    "big dealer at -40 %": (lambda: big_dealer(0.6), "levels_implausible", ("feed big is at", "all other feeds")),
    "big dealer at +40 %": (lambda: big_dealer(1.4), "levels_implausible", ("feed big is at", "all other feeds")),
}


def befall(session: Session, name: str) -> None:
    """Deliver the feeds of a disaster, and reprice the older cars that it is about."""
    for dealer, cars in DISASTERS[name][0]().items():
        deliver(session, cars, dealer=dealer)
    if name in WHOLE_MAKE:
        price = cast(Listing.price_pkr * WHOLE_MAKE[name], BigInteger)
        old = (Listing.make == "Honda") & Listing.org_id.in_(select(Org.id).where(Org.code == "khan-motors"))
        session.execute(update(Listing).where(old).values(price_pkr=price).execution_options(synchronize_session=False))


@pytest.mark.parametrize("name", DISASTERS)
def test_disaster_is_not_recalibrated_on_and_names_its_feed(trained: Session, storage: Storage, name: str) -> None:
    _, status, words = DISASTERS[name]
    before = champion(trained)
    befall(trained, name)
    result = recalibrate_model(trained, storage)
    assert (result.status, champion(trained)) == (status, before)
    assert all(word in result.message for word in words), result.message
    watched = watch_prices(trained, storage)
    told = watched.input_warnings if status == "inputs_drifted" else watched.level_warnings
    assert told
    assert all(sentence in result.message for sentence in told)


@pytest.mark.parametrize("name", ["make x 10", "big dealer at -40 %"])
@pytest.mark.usefixtures("few_folds")
def test_disaster_is_not_promoted_by_a_training_either(trained: Session, storage: Storage, name: str) -> None:
    before = champion(trained)
    befall(trained, name)
    result = train_model(trained, storage, build_samples(trained, storage).storage_key)
    assert (result.status, champion(trained)) == ("rejected", before)
    assert DISASTERS[name][2][0] in result.message
    assert result.metrics["violations"]


@pytest.mark.parametrize("factor", [1.0, 1.05, 1.08, 0.88])
def test_honest_market_passes(trained: Session, storage: Storage, factor: float) -> None:
    before = champion(trained)
    for dealer, cars in honest(factor=factor).items():
        deliver(trained, cars, dealer=dealer)
    watched = watch_prices(trained, storage)
    assert (watched.input_warnings, watched.level_warnings) == ([], [])
    result = recalibrate_model(trained, storage)
    assert result.status == ("not_needed" if factor == 1.0 else "champion"), result.message
    assert (champion(trained) is before) is (factor == 1.0)


def test_small_dealer_with_odd_prices_stops_nothing(trained: Session, storage: Storage) -> None:
    for dealer, cars in (honest() | {"odd": newer_ads(36, factor=0.6, seed=54)}).items():
        deliver(trained, cars, dealer=dealer)
    assert recalibrate_model(trained, storage).status == "champion"
