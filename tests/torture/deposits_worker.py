"""A process that is there to be killed: it asks the sandbox provider for payments, sends refunds, ends what ran out.

Its word is `go`, or `before 3` or `after 3` to have its connection cut at its third commit.
"""

import os
import signal
import threading
from functools import partial
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import make_engine, make_session_factory, transaction
from pipelines.deposits.providers.sandbox import Sandbox
from serving.deposits.holds.expiring import expire_deposits
from serving.deposits.providers.reconciling import ask_intents, send_refunds
from tests.factories.deposits import SECRET
from tests.torture.cutting import cut_at_commit
from tests.torture.forking import fork_at_each_word


def wake(session: Session) -> None:
    """Let everything that waits be due at once, as callbacks do: by the real clock the pauses would be minutes."""
    for table in ("payment_intents", "deposit_refunds"):
        session.execute(text(f"UPDATE {table} SET next_at = now() WHERE next_at > now()"))


def work(word: str, folder: Path, url: str) -> None:
    """Take turns until SIGTERM, SIGKILL, the end of the server or of the connection."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    engine = make_engine(url)
    when, _, number = word.partition(" ")
    if when in ("before", "after"):
        cut_at_commit(engine, "before" if when == "before" else "after", int(number))
    opener = partial(transaction, make_session_factory(engine))
    providers = {"sandbox": Sandbox((folder / "provider").read_text(), SECRET)}
    try:
        while not stop.is_set():
            with opener() as session:
                wake(session)
            ask_intents(opener, providers, utc_now())
            send_refunds(opener, providers, utc_now())
            with opener() as session:
                expire_deposits(session, utc_now())
    except OperationalError:
        os._exit(2)  # its server was killed, or its connection cut


if __name__ == "__main__":
    fork_at_each_word(work)
