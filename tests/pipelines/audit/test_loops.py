"""The loop of the audit trail chains records that were committed, without anybody asking for it."""

import threading
import time

from sqlalchemy import func, select

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.audit import AuditChain
from core.platform import Platform
from core.settings import Settings
from core.storage import Storage
from core.work.worker import Worker
from pipelines.audit.chain import extend_chain
from pipelines.audit.loops import ANCHOR, CHAIN, RETAIN
from pipelines.audit.report import ChainReport
from pipelines.audit.verify import verify_chain


def test_committed_records_are_chained(session_factory: SessionFactory, settings: Settings, storage: Storage) -> None:
    stop = threading.Event()
    worker = Worker(Platform(settings, session_factory, storage), [CHAIN], stop)
    thread = threading.Thread(target=worker.run, name="worker")
    thread.start()
    try:
        with transaction(session_factory) as session:
            for number in range(3):
                record(session, Actor.system("test"), Act("listing.update", "listing", str(number)))
        deadline = time.monotonic() + 60
        chained: int | None = 0
        while chained != 3 and time.monotonic() < deadline:
            time.sleep(0.05)
            with session_factory() as session:
                chained = session.scalar(select(func.count()).select_from(AuditChain))
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    with session_factory() as session:
        assert verify_chain(session, storage) == ChainReport(3)


def test_head_is_anchored_without_being_asked_for(
    session_factory: SessionFactory, settings: Settings, storage: Storage
) -> None:
    with transaction(session_factory) as session:
        for number in range(3):
            record(session, Actor.system("test"), Act("listing.update", "listing", str(number)))
        extend_chain(session, utc_now())
    stop = threading.Event()
    worker = Worker(Platform(settings, session_factory, storage), [ANCHOR, RETAIN], stop)
    thread = threading.Thread(target=worker.run, name="worker")
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not list(storage.keys("audit")) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    assert list(storage.keys("audit")) == ["audit/head/000000000000003.json"]
    with session_factory() as session:
        assert verify_chain(session, storage) == ChainReport(3, anchors=1)
