"""Vectors follow the listings by the outbox, survive a kill behind any addition, and cost nothing where nobody asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.outbox.reader import OutboxReader
from core.platform import Platform
from core.search.embedding import VectorStore
from core.settings import Settings
from core.storage import Storage
from pipelines.search import embed, keep_vectors
from pipelines.search.consumers import VECTORS
from pipelines.search.embed import embed_listings
from pipelines.search.keep_vectors import VectorKeeper, keeping_vectors
from tests.core.search.embedding.words_embedder import WordsEmbedder
from tests.factories.listings import add_listing


class Work:
    """A turn of a loop on real transactions."""

    stopping = False

    def __init__(self, sessions: SessionFactory) -> None:
        self._sessions = sessions

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with transaction(self._sessions) as session:
            yield session


def found(store: VectorStore, words: str) -> list[UUID]:
    vectors = store.current()
    assert vectors is not None
    near = vectors.nearest(WordsEmbedder().embed([words])[0], 10)
    return [one for one, cosine in near if cosine > 0.1]


def run(keeper: VectorKeeper, work: Work) -> None:
    while keeper.turn(work):
        pass


def test_vectors_follow_changes_and_cars_that_are_gone(session_factory: SessionFactory, tmp_path: Path) -> None:
    store, model, work = VectorStore(tmp_path), WordsEmbedder(), Work(session_factory)
    with transaction(session_factory) as session:
        swift, alto = add_listing(session, model="Swift"), add_listing(session, model="Alto")
    keeper = VectorKeeper(store, model)
    run(keeper, work)
    assert found(store, "swift") == [swift]
    with transaction(session_factory) as session:
        session.execute(text("UPDATE listings SET model = 'Cultus' WHERE id = :id"), {"id": swift})
        session.execute(text("UPDATE listings SET status = 'sold' WHERE id = :id"), {"id": alto})
        prado = add_listing(session, model="Prado")
    run(keeper, work)
    assert (found(store, "swift"), found(store, "cultus"), found(store, "alto")) == ([], [swift], [])
    assert found(store, "prado") == [prado]
    computed = len(model.embedded)
    with transaction(session_factory) as session:
        session.execute(text("UPDATE listings SET mileage_km = 5 WHERE id = :id"), {"id": swift})
    run(keeper, work)
    with transaction(session_factory) as session:
        reader = OutboxReader(session, VECTORS)
        assert reader.count(reader.position()) == 0
    assert len(model.embedded) == computed


def test_a_loop_that_starts_again_computes_what_is_missing_alone(
    session_factory: SessionFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep_vectors, "AT_ONCE", 1)
    work, model = Work(session_factory), WordsEmbedder()
    with transaction(session_factory) as session:
        cars = [add_listing(session, model=name) for name in ("Swift", "Alto", "Prado")]
    killed = VectorKeeper(VectorStore(tmp_path), model)
    assert killed.turn(work)  # compares
    assert killed.turn(work)  # adds the first car
    with transaction(session_factory) as session:
        session.execute(text("UPDATE listings SET status = 'sold' WHERE id = :id"), {"id": cars[2]})
    again, store = WordsEmbedder(), VectorStore(tmp_path)
    run(VectorKeeper(store, again), work)
    assert len(model.embedded) == len(again.embedded) == 1
    assert [found(store, name) for name in ("swift", "alto", "prado")] == [[cars[0]], [cars[1]], []]


def test_command_keeps_what_it_did_when_it_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "AT_ONCE", 2)
    sentences = {UUID(int=number): f"car{number}" for number in range(5)}
    told: list[tuple[int, int]] = []

    def kill(done: int, of: int) -> None:
        told.append((done, of))
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed_listings(sentences, VectorStore(tmp_path), WordsEmbedder(), kill)
    assert told == [(2, 5), (4, 5)]
    model = WordsEmbedder()
    result = embed_listings(sentences, VectorStore(tmp_path), model)
    assert (model.embedded, result.changed, result.embedded) == (["car4"], 1, 1)
    assert embed_listings({UUID(int=1): "car1"}, VectorStore(tmp_path), model).gone == 4
    assert found(VectorStore(tmp_path), "car2") == []


def test_no_event_waits_for_a_loop_that_nobody_asked_for(
    settings: Settings, session_factory: SessionFactory, storage: Storage
) -> None:
    platform = Platform(settings, session_factory, storage)
    with transaction(session_factory) as session:
        add_listing(session)
    assert not keeping_vectors(platform)(Work(session_factory))
    with transaction(session_factory) as session:
        reader = OutboxReader(session, VECTORS)
        assert reader.count(reader.position()) == 0
    assert VectorStore(platform.settings.vectors_dir).current() is None
