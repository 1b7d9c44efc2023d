"""A process that is there to be killed: it issues the due timers of leads, and queues what people are told of them."""

import json
import signal
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.logins import login_settings
from core.db.session import make_engine, make_session_factory, transaction
from core.outbox.events import Event
from core.outbox.follow import following
from core.security.platform_keys import open_keys
from core.settings import Settings
from pipelines.leads.consumers import NOTICES
from pipelines.leads.timers import issue_due
from serving.leads.notices import notifying_people
from tests.factories.turns import OneTurn
from tests.torture.forking import fork_at_each_word

AT_ONCE = 3
"""Leads a turn: so few that most kills fall into the work, and not behind it."""


def worker_settings(folder: Path, url: str) -> Settings:
    """The settings of all processes of a sweep, with the keys that were written down at its start."""
    keys = json.loads((folder / "keys").read_text())
    return Settings(automart_home=folder, storage_url=None, meili_url=None, **keys, **login_settings(url))


def work(_: str, folder: Path, url: str) -> None:
    """Take turns until SIGTERM or SIGKILL; locks of rows alone keep two processes from doing the same at once."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    sessions = make_session_factory(make_engine(url))
    tell = notifying_people(open_keys(worker_settings(folder, url)))

    def tell_slowly(session: Session, events: Sequence[Event]) -> None:
        tell(session, events)
        session.execute(text("SELECT pg_sleep(0.01)"))  # some of the kills fall here

    opener: partial[AbstractContextManager[Session]] = partial(transaction, sessions)
    follow = following(NOTICES, tell_slowly, AT_ONCE)
    while not stop.is_set():
        issued = issue_due(opener, AT_ONCE)
        told = follow(OneTurn(sessions))
        if not issued and not told:
            stop.wait(0.02)


if __name__ == "__main__":
    fork_at_each_word(work)
