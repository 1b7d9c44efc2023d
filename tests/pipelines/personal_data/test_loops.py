"""The loops finish erasures that a killed process left, without anybody asking for it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import text

from core.audit.actor import Actor
from core.db.session import SessionFactory, transaction
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.settings import Settings
from core.storage import Storage
from core.work.worker import Worker
from pipelines.personal_data.loops import ERASE, RESEAL
from serving.personal_data.erasing import begin_erasure
from tests.factories.personal_data import NOW, known_person, person_exists


@contextmanager
def working(platform: Platform) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=Worker(platform, [ERASE, RESEAL], stop).run, name="worker")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


def soon(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def test_erasure_that_was_begun_is_finished(
    session_factory: SessionFactory, settings: Settings, storage: Storage
) -> None:
    keys = open_keys(settings)
    with transaction(session_factory) as session:
        person = known_person(session, keys)
        begin_erasure(session, person.user_id, Actor.system("test"), NOW)

    def gone() -> bool:
        with transaction(session_factory) as session:
            return not person_exists(session, person.user_id)

    with working(Platform(settings, session_factory, storage)):
        assert soon(gone)
    with transaction(session_factory) as session:
        assert session.scalar(text("SELECT count(*) FROM erasures WHERE finished_at IS NULL")) == 0
