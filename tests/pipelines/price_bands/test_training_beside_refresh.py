"""A training takes minutes; the bands of files that come in meanwhile must not wait for it."""

import threading
from contextlib import suppress

import pytest

from core.db.session import SessionFactory, transaction
from core.errors import RetryableError
from core.storage import Storage
from pipelines.price_bands.refresh import refresh_bands
from pipelines.price_bands.samples.choosing import build_samples
from pipelines.price_bands.versions import training
from pipelines.price_bands.versions.training import train_model
from tests.factories.listings import add_many


def test_bands_are_refreshed_while_a_model_is_trained(
    session_factory: SessionFactory, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(session_factory) as session:
        add_many(session, 20)
        key = build_samples(session, storage).storage_key
    trains, refreshed, waited = threading.Event(), threading.Event(), list[bool]()

    def slow(*_: object, **__: object) -> object:
        trains.set()
        waited.append(refreshed.wait(60))
        raise RetryableError("that is enough")

    def train() -> None:
        with suppress(RetryableError), transaction(session_factory) as session:
            train_model(session, storage, key)

    monkeypatch.setattr(training, "FEWEST_SAMPLES", 0)
    monkeypatch.setattr(training, "backtest", slow)
    thread = threading.Thread(target=train)
    thread.start()
    assert trains.wait(60)
    with transaction(session_factory) as session:
        assert refresh_bands(session, storage).computed == 21
    refreshed.set()
    thread.join(60)
    assert waited == [True]
