"""Loops go on whatever fails, each by one process at a time, and none waits for another."""

import threading
import time
from collections import Counter
from itertools import pairwise

import pytest
from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.errors import InvalidInputError
from core.search.errors import IndexNotWritableError
from core.work import claims
from core.work.claims import ClaimRepository, loop_states
from core.work.loop import Turn, declared_loops
from tests.core.work.conftest import LEASE, RunWorker, loop
from tests.waiting import until


def test_turns_are_taken_until_the_end_and_the_loop_is_left_to_others(
    session_factory: SessionFactory, run_worker: RunWorker
) -> None:
    taken: Counter[str] = Counter()

    def turn(_: Turn) -> bool:
        taken["turns"] += 1
        return taken["turns"] < 5

    stop = run_worker(loop("cars.count", turn))
    until(lambda: taken["turns"] >= 7)
    with session_factory() as session:
        assert [(state.name, state.live) for state in loop_states(session)] == [("cars.count", True)]
    stop.set()

    def left() -> bool:
        with session_factory() as session:
            return not loop_states(session)[0].live

    until(left, LEASE / 2)  # it does not wait for the lease to end


class RustPanicError(BaseException):
    """As native libraries raise it: no Exception."""


@pytest.mark.parametrize("error", [ValueError("a defect"), OSError("disk full"), RustPanicError("index out of bounds")])
@pytest.mark.slow
def test_any_error_of_a_loop_is_logged_and_it_goes_on_after_a_pause(
    session_factory: SessionFactory,
    run_worker: RunWorker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: BaseException,
) -> None:
    monkeypatch.setattr(claims, "_FIRST_PAUSE", 0.05)
    times: list[float] = []
    other = threading.Event()

    def turn(_: Turn) -> bool:
        times.append(time.monotonic())
        if len(times) < 5:
            raise error
        return False

    def steady(_: Turn) -> bool:
        other.set()
        return False

    run_worker(loop("cars.fail", turn), loop("cars.go", steady))
    until(lambda: len(times) >= 6)
    assert other.is_set()
    pauses = [later - sooner for sooner, later in pairwise(times[:5])]
    assert all(pause >= 0.05 * 2**turn for turn, pause in enumerate(pauses))  # it doubles
    assert len([record for record in caplog.records if "cars.fail" in record.message]) == 1  # not at each repetition

    def well_again() -> bool:
        with session_factory() as session:
            return [state.failures for state in loop_states(session)] == [0, 0]

    until(well_again)


def test_failure_after_a_success_is_the_first_in_a_row(session_factory: SessionFactory) -> None:
    idle = loop("cars.idle", lambda _: False)

    def fail(*, recovered: bool) -> tuple[bool, int, float]:
        with transaction(session_factory) as session:
            repository = ClaimRepository(session)
            repository.ensure([idle])
            session.execute(text("UPDATE work_claims SET due_at = now() - interval '1 day'"))
            claimed = repository.claim([idle], "me")
            assert claimed is not None
            new = repository.fail(claimed, "ValueError: x", recovered=recovered)
            pause = "SELECT failures, extract(epoch FROM due_at - clock_timestamp())::float8 FROM work_claims"
            failures, seconds = session.execute(text(pause)).one()
        return new, failures, round(seconds)

    assert [fail(recovered=False) for _ in range(3)] == [(True, 1, 1), (False, 2, 2), (False, 3, 4)]
    assert fail(recovered=True) == (True, 1, 1)


def test_failure_at_the_start_of_a_loop_is_one_of_the_loop(
    session_factory: SessionFactory, run_worker: RunWorker
) -> None:
    def start(_: object) -> object:
        raise ImportError("no such library")

    broken = loop("cars.broken", lambda _: False)
    object.__setattr__(broken, "start", start)
    run_worker(broken)

    def failed() -> bool:
        with session_factory() as session:
            return any(state.failures for state in loop_states(session))

    until(failed)
    with session_factory() as session:
        assert session.scalar(text("SELECT last_error FROM work_claims")) == "ImportError: no such library"


def test_code_of_a_failure_is_told_until_a_turn_ends_well(
    session_factory: SessionFactory, run_worker: RunWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "_FIRST_PAUSE", 0.01)
    disk = {"full": True}

    def turn(_: Turn) -> bool:
        if disk["full"]:
            raise IndexNotWritableError("No space left on device")
        return False

    def states() -> list[tuple[bool, str | None]]:
        with session_factory() as session:
            return [(state.failures > 0, state.code) for state in loop_states(session)]

    run_worker(loop("cars.write", turn))
    until(lambda: states() == [(True, "index_not_writable")])
    disk["full"] = False
    until(lambda: states() == [(False, None)])


@pytest.mark.slow
def test_two_workers_share_the_loops_and_no_loop_is_run_by_both(run_worker: RunWorker) -> None:
    present: Counter[str] = Counter()
    both: list[str] = []
    owners: dict[str, set[str]] = {}

    def turn_of(name: str) -> object:
        def turn(_: Turn) -> bool:
            present[name] += 1
            if present[name] > 1:
                both.append(name)
            owners.setdefault(name, set()).add(threading.current_thread().name)
            time.sleep(0.01)
            present[name] -= 1
            return False

        return turn

    names = [f"cars.loop{number}" for number in range(6)]
    loops = [loop(name, turn_of(name)) for name in names]  # type: ignore[arg-type]
    run_worker(*loops)
    run_worker(*loops)
    until(lambda: len(owners) == 6)
    time.sleep(2 * LEASE)
    assert both == []


def test_failing_loop_keeps_no_other_from_being_claimed(run_worker: RunWorker) -> None:
    """The longest due goes first: one that is always due again at once would otherwise starve the last by name."""
    went = threading.Event()

    def fail(_: Turn) -> bool:
        raise ValueError

    def go(_: Turn) -> bool:
        went.set()
        return False

    run_worker(*(loop(f"a.fails{number}", fail) for number in range(5)), loop("z.goes", go))
    until(went.is_set, 20)


def test_worker_outlives_a_database_that_is_away(
    session_factory: SessionFactory, run_worker: RunWorker, database_url: str
) -> None:
    turns: Counter[str] = Counter()

    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            session.execute(text("SELECT 1"))
        turns["done"] += 1
        return False

    run_worker(loop("cars.count", turn))
    until(lambda: turns["done"] > 2)
    kill = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = current_user"
                " AND pid <> pg_backend_pid()")  # fmt: skip
    with transaction(session_factory) as session:
        session.execute(kill)
    seen = turns["done"]
    until(lambda: turns["done"] > seen + 2)


def test_loops_are_gathered_and_chosen_by_domain_or_name() -> None:
    names = [each.name for each in declared_loops("pipelines")]
    assert names == sorted(names)
    assert {"audit.chain", "search.follow"} <= set(names)
    of_search = declared_loops("pipelines", ["search"])
    assert of_search == declared_loops("pipelines", ["search.follow", "search.vectors"])
    with pytest.raises(InvalidInputError, match=r"no loop or domain nothing; there are .*search, search\.follow"):
        declared_loops("pipelines", ["nothing", "search"])
