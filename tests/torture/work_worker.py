"""A process that runs loops and is killed: the real follower of search, and one that writes down what it is given."""

import fcntl
import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.logins import login_settings
from core.db.session import make_engine, make_session_factory
from core.outbox.consumers import Consumer
from core.outbox.events import Event
from core.outbox.follow import following
from core.platform import Platform
from core.settings import Settings
from core.storage import open_storage
from core.work.loop import Loop, Turn
from core.work.worker import Worker
from pipelines.search.loops import FOLLOW
from tests.torture.forking import fork_at_each_word

LEASE = 1.5
LEDGER = Consumer("ledger", ("listing", "lead"))
TABLES = (
    "CREATE TABLE ledger (at bigint GENERATED ALWAYS AS IDENTITY, event_id bigint, place integer, subject_id uuid,"
    " sequence bigint, pid integer)"
)
_WRITE = text(
    "INSERT INTO ledger (event_id, place, subject_id, sequence, pid) VALUES (:id, :place, :subject_id, :sequence, :pid)"
)


def writing_down(folder: Path) -> Callable[[Platform], Callable[[Turn], bool]]:
    """A loop's start: its turns write each event down, and notice when another process is at it at the same time.

    The kernel drops the lock of a file with its process, so it is held exactly while somebody works.
    """

    def write(session: Session, events: Sequence[Event]) -> None:
        with (folder / "at_work").open("a") as mine:
            try:
                fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                with (folder / "two_at_once").open("a") as noted:
                    noted.write(f"{os.getpid()}\n")
            for event in events:
                given = {"id": event.id, "place": event.place, "subject_id": event.subject_id}
                session.execute(_WRITE, given | {"sequence": event.sequence, "pid": os.getpid()})
            session.execute(text("SELECT pg_sleep(0.02)"))  # some of the kills fall here

    return lambda _: following(LEDGER, write, most=20)


def work(_: str, folder: Path, url: str) -> None:
    """Run both loops until SIGTERM, or SIGKILL."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = Settings(automart_home=folder, storage_url=None, meili_url=None, **login_settings(url))
    engine = make_engine(url)
    platform = Platform(settings, make_session_factory(engine), open_storage(settings))
    ledger = Loop("ledger.write", writing_down(folder), pause_seconds=0.05, lease_seconds=LEASE)
    Worker(platform, [ledger, replace(FOLLOW, lease_seconds=LEASE)], stop).run()
    engine.dispose()


if __name__ == "__main__":
    fork_at_each_word(work)
