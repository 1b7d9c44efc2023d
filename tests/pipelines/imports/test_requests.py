"""Requests about feeds are done in order, put off while storage is away, and given up after some attempts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.clock import utc_now
from core.db.ids import new_id
from core.db.session import SessionFactory, transaction
from core.db.tables.feed_requests import FeedRequest
from core.identity.orgs import add_org
from core.platform import Platform
from core.settings import Settings
from core.storage import Storage, StorageUnavailableError
from pipelines.imports.loops import REQUESTS
from pipelines.imports.requests.previews import preview_key, sweep_previews
from pipelines.imports.requests.queue import MOST_ATTEMPTS
from tests.factories.turns import OneTurn

pytestmark = pytest.mark.slow
STOCK = b"Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2018,45 lacs\n"
States = Callable[[], list[str]]


@pytest.fixture
def asked(session_factory: SessionFactory, storage: Storage) -> list[str]:
    """Two previews of one dealer and then one of another; the keys of their bytes."""
    keys = [preview_key() for _ in range(3)]
    for key in keys:
        storage.put(key, STOCK)
    with transaction(session_factory) as session:
        orgs = [add_org(session, code, code, default_mapping="showroom").id for code in ("khan", "ali")]
        for org_id, key in zip((orgs[0], orgs[0], orgs[1]), keys, strict=True):
            session.add(FeedRequest(org_id=org_id, kind="preview", name="x.csv", storage_key=key, asked_by="x"))
            session.flush()
    return keys


@pytest.fixture
def work(session_factory: SessionFactory, storage: Storage, settings: Settings) -> States:
    """Do all that can be done now, and return the states in the order of asking."""

    def worked() -> list[str]:
        turn = REQUESTS.start(Platform(settings, session_factory, storage))
        while turn(OneTurn(session_factory)):
            pass
        with session_factory() as session:
            return list(session.scalars(select(FeedRequest.state).order_by(FeedRequest.id)))

    return worked


def later(sessions: SessionFactory) -> None:
    with transaction(sessions) as session:
        session.execute(update(FeedRequest).values(next_attempt_at=utc_now() - timedelta(seconds=1)))


def without(monkeypatch: pytest.MonkeyPatch, verb: str, key: str) -> None:
    """Let storage not answer about one object."""
    real = getattr(Storage, verb)

    def away(self: Storage, wanted: str) -> bytes:
        if wanted == key:
            raise StorageUnavailableError
        answer: bytes = real(self, wanted)
        return answer

    monkeypatch.setattr(Storage, verb, away)


def test_request_that_storage_fails_waits_and_the_other_dealers_go_on(
    asked: list[str], work: States, session_factory: SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        without(patched, "get", asked[0])
        assert work() == ["waiting", "waiting", "done"]
    assert work() == ["waiting", "waiting", "done"]  # it is not due yet
    later(session_factory)
    assert work() == ["done", "done", "done"]


def test_request_that_fails_again_and_again_is_refused_and_those_behind_it_are_done(
    asked: list[str], work: States, session_factory: SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "get", asked[0])
    for _ in range(MOST_ATTEMPTS - 1):
        assert work() == ["waiting", "waiting", "done"]
        later(session_factory)
    assert work() == ["refused", "done", "done"]
    with session_factory() as session:
        first = session.scalars(select(FeedRequest).order_by(FeedRequest.id)).first()
        assert first is not None
        assert (first.attempts, first.storage_key) == (MOST_ATTEMPTS, None)
        assert "8 attempts (storage_unavailable)" in (first.refusal or "")


def test_bytes_that_cannot_be_deleted_now_keep_nobody_waiting(
    asked: list[str], work: States, session_factory: SessionFactory, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        without(patched, "delete", asked[0])
        assert work() == ["done", "done", "done"]
    assert storage.exists(asked[0])
    later(session_factory)
    work()
    assert not any(storage.exists(key) for key in asked)


def test_bytes_that_no_request_has_are_swept_once_they_are_old(
    asked: list[str], session_factory: SessionFactory, storage: Storage
) -> None:
    left = preview_key()
    for key in (left, f"previews/{new_id()}-x", "previews/4b0c2e0e-9d1c-4d5f-8f43-2f1f4f9c3a11"):
        storage.put(key, b"left by a killed process")
    with session_factory() as session:
        sweep_previews(session, storage, utc_now())
        assert storage.exists(left)
        assert not storage.exists("previews/4b0c2e0e-9d1c-4d5f-8f43-2f1f4f9c3a11")  # of before keys told their age
        sweep_previews(session, storage, utc_now() + timedelta(hours=2))
    assert not storage.exists(left)
    assert all(storage.exists(key) for key in asked)
