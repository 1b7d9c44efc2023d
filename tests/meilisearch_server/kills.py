"""Kill the search server while changes come in: the platform must go on by itself, and end level with the table."""

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from core.db.embedded import embedded_postgres
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from core.errors import RetryableError
from core.search import SearchEngine
from pipelines.search.sync import sync_index
from tests.conformance.test_killed import CHANGE
from tests.factories.listings import add_many
from tests.torture.index_truth import differences

LONGEST_SECONDS = 60.0


def survive_kills(
    engine: SearchEngine, restart: Callable[[], None], *, cars: int, kills: int, seed: int = 7
) -> list[str]:
    """Return what differs between table and index after the kills, a sentence each."""
    with tempfile.TemporaryDirectory(prefix="automart-kills-") as name, embedded_postgres(Path(name)) as url:
        database = make_engine(url)
        upgrade_to_head(database)
        sessions = make_session_factory(database)
        with transaction(sessions) as session:
            add_many(session, cars)
        wrong = kill_while_filling(sessions, engine, restart, kills=kills, seed=seed)
        database.dispose()
    return wrong


def kill_while_filling(
    sessions: SessionFactory, engine: SearchEngine, restart: Callable[[], None], *, kills: int, seed: int
) -> list[str]:
    """Change a third of the cars, and restart the server at a random moment of the sync; as often as asked."""
    dice = Random(seed)
    seconds = _until_level(sessions, engine)
    for number in range(kills):
        with transaction(sessions) as session:
            session.execute(CHANGE, {"seed": number})
        blow = threading.Timer(dice.uniform(0, seconds), restart)
        blow.start()
        seconds = max(min(_until_level(sessions, engine), 5.0), 0.05)
        blow.join()
    _until_level(sessions, engine)
    with transaction(sessions) as session:
        return differences(session, engine)


def _until_level(sessions: SessionFactory, engine: SearchEngine) -> float:
    """Sync again and again, as the follower does, until one succeeds; return the seconds that it took."""
    began = time.monotonic()
    while True:
        try:
            with transaction(sessions) as session:
                sync_index(session, engine)
            return time.monotonic() - began
        except RetryableError:
            if time.monotonic() - began > LONGEST_SECONDS:
                raise
            time.sleep(0.1)
