"""A short kill sweep of the indexer in every run of the suite; `make torture` is the long one."""

import time
from pathlib import Path

import psutil
from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.search import open_search_engine
from core.settings import Settings
from pipelines.search.sync import sync_index
from tests.factories.listings import add_many
from tests.torture.index_sweep import sweep
from tests.torture.index_truth import differences
from tests.torture.sweep import Worker


def test_indexer_killed_at_any_moment_ends_with_the_table_in_the_index() -> None:
    result = sweep(kills=4, seed=11)
    assert result["equal"], result
    assert result["failed_searches"] == []
    assert sum(result["kills"].values()) == 4  # type: ignore[attr-defined]  # a Counter as dict


def test_worker_that_ends_between_two_looks_does_not_stop_the_sweep(tmp_path: Path) -> None:
    worker = Worker(tmp_path, "postgresql://127.0.0.1:1/nowhere", tmp_path / "log", module="tests.torture.index_worker")
    try:
        pid = worker.start("sync")  # it fails at once: there is no such database
        deadline = time.monotonic() + 60
        while psutil.pid_exists(pid):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert worker.kill(pid) == 1
    finally:
        worker.close()


def test_the_comparison_sees_one_value_of_one_listing(session_factory: SessionFactory, settings: Settings) -> None:
    index = open_search_engine(settings)
    with transaction(session_factory) as session:
        add_many(session, 40)
    with transaction(session_factory) as session:
        sync_index(session, index)
        assert differences(session, index) == []
    for change in ("city = 'Quetta'", "price_pkr = price_pkr + 1", "title = 'Zamzama'", "status = 'withdrawn'"):
        with session_factory() as session:  # rolled back
            session.execute(text(f"UPDATE listings SET {change} WHERE row_number = 20"))
            assert differences(session, index) != [], change
