"""A process that is there to be killed: it asks the sandbox provider for payments, sends refunds, ends what ran out."""

import os
import signal
import threading
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.exc import OperationalError

from core.clock import utc_now
from core.db.session import make_engine, make_session_factory, transaction
from pipelines.deposits.providers.sandbox import Sandbox
from serving.deposits.expiring import expire_deposits
from serving.deposits.reconciling import ask_intents, send_refunds
from tests.factories.deposits import SECRET
from tests.torture.forking import fork_at_each_word

AHEAD = timedelta(seconds=5)
"""Each turn sees a clock that is so much later than the turn before: what waits is due at once."""


def work(word: str, folder: Path, url: str) -> None:
    """Take turns until SIGTERM, SIGKILL, or the end of the server; `word` is the number of the first turn."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    engine = make_engine(url)
    opener = partial(transaction, make_session_factory(engine))
    providers = {"sandbox": Sandbox((folder / "provider").read_text(), SECRET)}
    turn = int(word)
    try:
        while not stop.is_set():
            turn += 1
            now = utc_now() + turn * AHEAD
            ask_intents(opener, providers, now)
            send_refunds(opener, providers, now)
            with opener() as session:
                expire_deposits(session, now)
    except OperationalError:
        os._exit(2)  # its server was killed, or its connection cut


if __name__ == "__main__":
    fork_at_each_word(work)
