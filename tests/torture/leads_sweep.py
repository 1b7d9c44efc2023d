"""Kill -9 one of two processes that issue due timers of leads: each breach is reported and told once, none is missed.

`make leads-sweep` (or `python -m tests.torture.leads_sweep --kills 60 --seed 7`) prints one JSON line and exits with 0
when each of 1,000 leads has one breach among its events, in the outbox and on its clock, and one message for its owner.
`busy` counts the kills that found work to do; the sweep does not hold with fewer than 40 of them. The test suite runs a
short form.
"""

import json
import os
import signal
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import text

from core.access.roles import Role
from core.clock import utc_now
from core.db.embedded import embedded_postgres
from core.db.session import SessionFactory, make_session_factory, transaction
from core.db.tables import Org
from core.db.tables.leads import LeadDesk
from core.db.tables.listings import Listing
from core.identity.contacts import phone
from core.outbox.lag import consumer_lag
from core.outbox.reader import OutboxReader
from core.security.platform_keys import new_key_settings, open_keys
from pipelines.leads.consumers import NOTICES
from pipelines.leads.timers import timer_backlog
from serving.identity.contact_book import ContactBook
from serving.identity.members.grants import Grant
from serving.identity.members.members import add_member
from tests.factories.lead_rows import add_lead
from tests.factories.leads import DAYS
from tests.factories.listings import add_listing
from tests.ready_database import READY_DATABASE
from tests.torture.command import run_sweep
from tests.torture.database import migrated
from tests.torture.leads_worker import worker_settings
from tests.torture.sweep import LONGEST_WAIT, Worker

BUSY_KILLS = 40
_POLICY = [{"first_answer": {"minutes": 60, "warn_at": []}}]
_COUNTS = text("""
SELECT (SELECT count(*) FROM lead_timers) AS timers,
  (SELECT count(*) FROM lead_timers WHERE issued_at IS NULL) AS missed,
  (SELECT count(*) FROM lead_clocks WHERE breached_at IS NULL) AS unreported,
  (SELECT count(*) FROM lead_events WHERE kind = 'sla') AS events,
  (SELECT count(DISTINCT lead_id) FROM lead_events WHERE kind = 'sla' AND reason = 'breach') AS breached,
  (SELECT count(*) FROM outbox_events WHERE topic = 'lead' AND kind = 'sla') AS outbox,
  (SELECT count(*) FROM messages WHERE template = 'lead_breach') AS messages,
  (SELECT count(DISTINCT subject_id) FROM messages WHERE template = 'lead_breach') AS told,
  (SELECT count(*) FROM leads WHERE last_number <> 3) AS misnumbered
""")


@dataclass
class LeadsSweep:
    """The kills, and how many of them found work to do."""

    kills: int = 0
    busy: int = 0


def prepare(sessions: SessionFactory, folder: Path, url: str, leads: int) -> None:
    """Add leads whose time to answer has just ended, all of one person; earlier events are seen already."""
    (folder / "keys").write_text(json.dumps(new_key_settings()))
    keys, now = open_keys(worker_settings(folder, url)), utc_now()
    with transaction(sessions) as session:
        car = session.get_one(Listing, add_listing(session))
        calendar = {"timezone": "Asia/Karachi", "week": {day: ["00:00-24:00"] for day in DAYS}}
        session.add(LeadDesk(org_id=car.org_id, calendar=calendar, policies=_POLICY))
        owner = ContactBook(session, keys).owner_or_new(phone("0301 1111111"), now)
        add_member(session, session.get_one(Org, car.org_id), owner.id, Grant(Role.SALES_AGENT, None))
        for _ in range(leads):
            add_lead(session, now - timedelta(minutes=61), owner.id, car.id)
    with transaction(sessions) as session:
        reader = OutboxReader(session, NOTICES)
        reader.move(reader.now())


def killed_run(folder: Path, url: str, kills: int, seed: int, leads: int) -> tuple[LeadsSweep, dict[str, int]]:
    """Kill one of two until there were enough, let the others finish; what was done, and what is found afterwards."""
    with migrated(url) as engine:
        sessions, sweep, dice = make_session_factory(engine), LeadsSweep(), Random(seed)
        prepare(sessions, folder, url, leads)
        workers = [Worker(folder, url, folder / f"{at}.log", module="tests.torture.leads_worker") for at in range(2)]
        running = [worker.start() for worker in workers]
        try:
            for _ in range(kills):
                time.sleep(dice.uniform(0, 0.15))
                at = dice.randrange(2)
                sweep.busy += _left(sessions) > 0
                assert workers[at].kill(running[at]) == -signal.SIGKILL, workers[at].complaints()
                sweep.kills += 1
                running[at] = workers[at].start()
            deadline = time.monotonic() + LONGEST_WAIT
            while _left(sessions):
                assert time.monotonic() < deadline, "it never came"
                time.sleep(0.1)
        finally:
            for pid, worker in zip(running, workers, strict=True):
                os.kill(pid, signal.SIGTERM)
                worker.ended(LONGEST_WAIT)
                worker.close()
        with sessions() as session:
            found = {name: int(value) for name, value in session.execute(_COUNTS).one()._mapping.items()}
        return sweep, found


def _left(sessions: SessionFactory) -> int:
    """The timers that are not issued, and the events that nobody has read."""
    with sessions() as session:
        return timer_backlog(session, utc_now()).due + consumer_lag(session, NOTICES).events


def sweep(kills: int, seed: int, leads: int = 1_000) -> dict[str, Any]:
    """The run and its end."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="automart-torture-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        READY_DATABASE.lay(folder)
        with embedded_postgres(folder / "postgres") as url:
            done, found = killed_run(folder, url, kills, seed, leads)
    once = {each: found[each] for each in ("timers", "events", "breached", "outbox", "messages", "told")}
    none = {each: found[each] for each in ("missed", "unreported", "misnumbered")}
    wrong = {name: count for name, count in once.items() if count != leads}
    wrong |= {name: count for name, count in none.items() if count}
    return {
        "leads": leads, "kills": done.kills, "busy": done.busy, "breaches": found["events"],
        "messages": found["messages"], "wrong": wrong, "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


if __name__ == "__main__":
    run_sweep(__doc__, sweep, 60, lambda result: not result["wrong"] and result["busy"] >= BUSY_KILLS)
