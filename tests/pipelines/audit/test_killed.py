"""Two processes that chain at the same time, and are killed at any moment, never fork the chain."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.audit import AuditChain
from core.storage import Storage
from pipelines.audit.chain import extend_chain
from pipelines.audit.verify import verify_chain
from tests.pipelines.audit.trails import act

KILLS = 12


@contextmanager
def chainer(database_url: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.pipelines.audit.chainer_process", database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "chaining\n"
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_chainers_that_are_killed_never_fork_the_chain(
    database_url: str, session_factory: SessionFactory, storage: Storage
) -> None:
    chance, written = random.Random(7), 0
    for _ in range(KILLS):
        with chainer(database_url) as one, chainer(database_url) as other:
            until = time.monotonic() + chance.uniform(0.05, 0.5)
            while time.monotonic() < until:
                with transaction(session_factory) as session:
                    for _ in range(chance.randrange(1, 40)):
                        written += 1
                        act(session, written)
            for process in chance.sample([one, other], 2):
                process.kill()
                time.sleep(chance.uniform(0, 0.02))
    added = 1
    while added:
        with transaction(session_factory) as session:
            added = extend_chain(session, utc_now()).added
    with transaction(session_factory) as session:
        assert verify_chain(session, storage).verified == written
        assert verify_chain(session, storage).finding is None
        assert session.scalars(select(AuditChain.number).order_by(AuditChain.number)).all() == list(
            range(1, written + 1)
        )
    assert written > KILLS
