"""Kill -9 one of two schedulers of leads' clocks, again and again: each step is issued once, and none is missed.

`make leads-sweep` (or `python -m tests.torture.leads_sweep --kills 60 --seed 7`) prints one JSON line and exits with 0
when 1,000 due timers were each issued by one event, told once, and seen by one row of the outbox. The test suite runs a
short form.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from multiprocessing.context import ForkProcess
from pathlib import Path
from random import Random

from sqlalchemy import text

from core.db.embedded import embedded_postgres
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from pipelines.leads.timers import issue_due, timer_backlog
from tests.pipelines.leads.test_timers import FRIDAY, add_lead

LATE = FRIDAY + timedelta(days=2)
STEPS = 4  # of a lead: two warnings, the breach, an escalation
_LONGEST_WAIT = 120
_FORK = multiprocessing.get_context("fork")
_WRONG = text("""
SELECT (SELECT count(*) FROM lead_timers) AS timers,
  (SELECT count(*) FROM lead_timers WHERE issued_at IS NULL) AS missed,
  (SELECT count(*) FROM lead_events WHERE kind = 'sla') AS events,
  (SELECT count(*) FROM (SELECT FROM lead_events WHERE kind = 'sla' GROUP BY lead_id, reason HAVING count(*) > 1) d)
    AS twice,
  (SELECT count(*) FROM outbox_events WHERE topic = 'lead' AND kind = 'sla') AS told,
  (SELECT count(*) FROM lead_clocks WHERE breached_at IS NULL) AS unreported
""")


def _schedule(url: str, dice: Random) -> None:
    """Issue what is due, one lead in a transaction, until the process is killed."""
    engine = make_engine(url)
    sessions = make_session_factory(engine)
    while True:
        issue_due(lambda: transaction(sessions), 1, lambda: LATE)
        time.sleep(dice.uniform(0, 0.01))


def _started(url: str, seed: int) -> ForkProcess:
    process = _FORK.Process(target=_schedule, args=(url, Random(seed)), daemon=True)
    process.start()
    return process


def killed_run(url: str, leads: int, kills: int, seed: int) -> tuple[Counter[str], dict[str, int]]:
    """Kill schedulers at random moments, then let two of them finish; the kills, and what was issued."""
    dice, killed = Random(seed), Counter[str]()
    sessions = _prepared(url, leads)
    running = [_started(url, seed + number) for number in range(2)]
    try:
        for number in range(kills):
            time.sleep(dice.uniform(0.02, 0.12))
            victim = running.pop(dice.randrange(2))
            victim.kill()
            victim.join()
            killed["while timers waited" if _due(sessions) else "when all was done"] += 1
            running.append(_started(url, seed + number + 2))
        deadline = time.monotonic() + _LONGEST_WAIT
        while _due(sessions):
            assert time.monotonic() < deadline, "the timers were never issued"
            time.sleep(0.05)
    finally:
        for process in running:
            process.kill()
            process.join()
    with sessions() as session:
        found = dict(session.execute(_WRONG).one()._mapping)
    sessions.kw["bind"].dispose()
    return killed, found


def _prepared(url: str, leads: int) -> SessionFactory:
    engine = make_engine(url)
    upgrade_to_head(engine)
    sessions = make_session_factory(engine)
    with transaction(sessions) as session:
        for _ in range(leads):
            add_lead(session)
    return sessions


def _due(sessions: SessionFactory) -> int:
    with sessions() as session:
        return timer_backlog(session, LATE).due


def wrong(found: dict[str, int], leads: int) -> list[str]:
    """Name what was missed or done twice."""
    expected = {"timers": STEPS * leads, "missed": 0, "events": STEPS * leads, "twice": 0, "told": STEPS * leads,
                "unreported": 0}  # fmt: skip
    return [f"{name}: {found[name]}, not {number}" for name, number in expected.items() if found[name] != number]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--leads", type=int, default=250)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="automart-torture-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with embedded_postgres(folder / "postgres") as url:
            killed, found = killed_run(url, given.leads, given.kills, given.seed)
    faults = wrong(found, given.leads)
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps({"wrong": faults, "kills": dict(killed), "issued": found["events"], "seconds": seconds}))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
