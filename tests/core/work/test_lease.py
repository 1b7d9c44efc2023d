"""A lease: renewed while its owner lives, taken over in time when it does not, and a late owner writes nothing."""

import threading
import time
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.db.session import SessionFactory, transaction
from core.platform import Platform
from core.work.claims import Claim, ClaimRepository, Renewal
from core.work.lease import Lease, LeaseLostError
from core.work.loop import Loop, Turn
from tests.core.work.conftest import LEASE, RunWorker, loop
from tests.waiting import until

IDLE = loop("cars.idle", lambda _: False)


def claim(factory: SessionFactory, *loops: Loop) -> Claim | None:
    with transaction(factory) as session:
        claims = ClaimRepository(session)
        claims.ensure(loops)
        return claims.claim(loops, "somebody")


def lease_of(platform: Platform, claimed: Claim | None, of: Loop = IDLE) -> Lease:
    assert claimed is not None
    return Lease(of, claimed, platform.sessions, threading.Event())


@pytest.mark.slow
def test_claimed_loop_is_taken_over_when_its_lease_ends_and_not_before(session_factory: SessionFactory) -> None:
    began = time.monotonic()
    first = claim(session_factory, IDLE)
    assert claim(session_factory, IDLE) is None
    until(lambda: claim(session_factory, IDLE))
    assert time.monotonic() - began > LEASE
    assert first == Claim("cars.idle", 1)


@pytest.mark.slow
def test_turn_that_is_longer_than_the_lease_keeps_it(run_worker: RunWorker, session_factory: SessionFactory) -> None:
    """Slow is not dead: the heartbeat has a thread and a connection of its own."""
    began, over = threading.Event(), threading.Event()

    def slow(_: Turn) -> bool:
        began.set()
        over.wait(30)
        return False

    slow_loop = loop("cars.slow", slow)
    run_worker(slow_loop)
    assert began.wait(30)
    until_time = time.monotonic() + 3 * LEASE
    while time.monotonic() < until_time:
        assert claim(session_factory, slow_loop) is None
        time.sleep(0.05)
    over.set()


@pytest.mark.slow
def test_turn_that_hangs_is_given_up_and_its_transaction_ended(
    run_worker: RunWorker, session_factory: SessionFactory, platform: Platform
) -> None:
    began, release = threading.Event(), threading.Event()

    def hang(work: Turn) -> bool:
        with work.transaction() as session:
            session.execute(text("SELECT 1"))
            began.set()
            release.wait(60)
        return False

    hanging = loop("cars.hang", hang, longest_seconds=1.0)
    stop = run_worker(hanging)
    try:
        assert began.wait(30)
        stop_claiming(stop)
        taken: list[Claim] = []

        def taken_over() -> bool:
            found = claim(session_factory, hanging)
            if found is not None:
                taken.append(found)
            return bool(taken)

        until(taken_over, 1.0 + 2 * LEASE + 5)
        with lease_of(platform, taken[0], hanging).transaction() as session:  # the loop's lock is free again
            session.execute(text("SELECT 1"))
    finally:
        release.set()


def stop_claiming(stop: threading.Event) -> None:
    """Let the worker claim nothing more; its present turn goes on."""
    stop.set()


@pytest.mark.slow
def test_owner_that_wakes_up_late_may_not_write_any_more(session_factory: SessionFactory, platform: Platform) -> None:
    old = lease_of(platform, claim(session_factory, IDLE))
    time.sleep(LEASE)
    new = lease_of(platform, claim(session_factory, IDLE))
    with pytest.raises(LeaseLostError), old.transaction():
        raise AssertionError("nothing may be begun")
    assert old.stopping
    with transaction(session_factory) as session:  # and its renewals do not steal the loop back
        assert ClaimRepository(session).renew([Renewal(old.claim, LEASE, done=True)]) == set()
        ClaimRepository(session).release(old.claim)
        assert ClaimRepository(session).fail(old.claim, "late") is False
        assert ClaimRepository(session).holds(new.claim)
    assert claim(session_factory, IDLE) is None


@pytest.mark.slow
def test_new_owner_waits_for_the_transaction_of_the_old_one(
    session_factory: SessionFactory, platform: Platform
) -> None:
    old = lease_of(platform, claim(session_factory, IDLE))
    order: list[str] = []
    with old.transaction() as session:
        session.execute(text("SELECT 1"))
        time.sleep(LEASE)  # it was held up in the middle of its work
        new = lease_of(platform, claim(session_factory, IDLE))

        def begin() -> None:
            with new.transaction():
                order.append("new")

        thread = threading.Thread(target=begin)
        thread.start()
        time.sleep(0.3)
        order.append("old")
    thread.join(30)
    assert order == ["old", "new"]


def test_lease_is_not_believed_longer_than_it_was_asked_for(
    session_factory: SessionFactory, platform: Platform
) -> None:
    """The database may be away: then the owner must stop before another can begin."""
    lease = lease_of(platform, claim(session_factory, IDLE))
    assert lease.live
    lease.renewed(asked_at=time.monotonic() - LEASE - 0.01)  # the answer took longer than the lease
    assert not lease.live
    assert lease.stopping


def test_transaction_longer_than_a_turn_may_take_is_ended_by_the_server(
    session_factory: SessionFactory, platform: Platform
) -> None:
    short = loop("cars.short", lambda _: False, longest_seconds=0.3)
    lease = lease_of(platform, claim(session_factory, short), short)
    with suppress(DBAPIError), lease.transaction() as session:
        session.execute(text("CREATE TABLE never (id integer)"))
        time.sleep(1)
    with session_factory() as session:
        assert session.scalar(text("SELECT to_regclass('never')")) is None
