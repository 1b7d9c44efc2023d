"""A process that is there to be killed: it closes hours, moves them to files, and counts them and their days."""

import os
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.exc import OperationalError

from core.clock import utc_now
from core.db.session import make_engine, make_session_factory, transaction
from core.settings import Settings
from core.storage import open_storage
from pipelines.engagement.closing import close_due
from pipelines.engagement.cold.compacting import Pace
from tests.torture.forking import fork_at_each_word

OVER = "over"
AT_ONCE = Pace(timedelta(0), hours=12)


def work(word: str, folder: Path, url: str) -> None:
    """Take turns by a clock so many hours ahead: until nothing is left to do, or (0 hours) until all is over."""
    engine = make_engine(url)
    opener = partial(transaction, make_session_factory(engine))
    storage = open_storage(Settings(automart_home=folder, storage_url=None))
    ahead = timedelta(hours=int(word))
    try:
        while True:
            found = close_due(opener, storage, utc_now() + ahead, AT_ONCE)
            if found.refused or found.compacted.damaged:
                raise AssertionError(found.refused)
            done = found.compacted
            busy = found.more or found.hours or found.days or done.closed or done.supplements or done.held
            if (not busy and ahead) or ((folder / OVER).exists() and not ahead):
                break
            time.sleep(0.02)
    except OperationalError:
        os._exit(2)  # its server was killed
    engine.dispose()


if __name__ == "__main__":
    fork_at_each_word(work)
