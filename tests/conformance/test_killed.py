"""An indexer that is killed while Meilisearch works on its tasks leaves nothing that the next sync does not mend."""

import os
import signal
import time
from pathlib import Path
from random import Random

from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from tests.conformance.kill_worker import engine_of
from tests.factories.listings import add_many
from tests.meilisearch_server.running import running
from tests.torture.index_truth import differences
from tests.torture.sweep import LONGEST_WAIT, Worker

KILLS = 6
CHANGE = text(
    "UPDATE listings SET price_pkr = 500000 + abs(hashtextextended(id::text, :seed)) % 9000000,"
    " status = CASE WHEN abs(hashtextextended(id::text, :seed)) % 12 = 0 THEN 'withdrawn' ELSE 'live' END"
    " WHERE abs(hashtextextended(id::text, :seed + 1)) % 3 = 0"
)


def test_indexer_killed_while_tasks_run_ends_with_the_table_in_the_index(
    session_factory: SessionFactory, database_url: str, tmp_path: Path
) -> None:
    dice, kills, rounds = Random(5), 0, 0
    with transaction(session_factory) as session:
        add_many(session, 40)
    with running(delay=0.015) as server:
        (tmp_path / "meili_url").write_text(server.url)
        worker = Worker(tmp_path, database_url, tmp_path / "indexer.log", module="tests.conformance.kill_worker")
        try:
            seconds = {"rebuild": calm(worker, "rebuild")}
            with transaction(session_factory) as session:
                session.execute(CHANGE, {"seed": 0})
            seconds["sync"] = calm(worker, "sync")
            while kills < KILLS and rounds < 6 * KILLS:
                rounds += 1
                with transaction(session_factory) as session:
                    session.execute(CHANGE, {"seed": rounds})
                word = dice.choice(["rebuild", "sync"])
                pid = worker.start(word)
                code = worker.ended(dice.uniform(0, seconds[word]))
                if code is None:
                    os.kill(pid, signal.SIGKILL)
                    code = worker.ended(LONGEST_WAIT)
                kills += code == -signal.SIGKILL
                assert code in (0, -signal.SIGKILL), worker.complaints()
            calm(worker, "sync")
        finally:
            worker.close()
        assert kills >= KILLS // 2
        with transaction(session_factory) as session:
            assert differences(session, engine_of(tmp_path)) == []


def calm(worker: Worker, what: str) -> float:
    began = time.monotonic()
    worker.start(what)
    assert worker.ended(LONGEST_WAIT) == 0, worker.complaints()
    return time.monotonic() - began
