"""Transactions that overlap at random, what each of them did by the database's own word, and what consumers got."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, make_session_factory, transaction
from core.outbox.consumers import Consumer
from core.outbox.emit import emit
from core.outbox.events import Event, NewEvent
from core.outbox.reader import OutboxReader
from core.outbox.trim import trim_outbox
from tests.factories.listings import add_listing

EVERYTHING = Consumer("everything", ("listing", "lead"))
LISTINGS, LEADS = Consumer("listings", ("listing",)), Consumer("leads", ("lead",))
NEWCOMER = Consumer("newcomer", ("listing", "lead"))  # declared from the beginning, and started at the end
STEADY = (EVERYTHING, LISTINGS, LEADS)

_FACTS = "jsonb_build_object('price_pkr', {0}.price_pkr, 'state', {0}.status, 'visibility', {0}.visibility)"
_OLD, _NEW = _FACTS.format("old"), _FACTS.format("new")
_CREATE = f"""
INSERT INTO listings (org_id, source_key, visibility, channels, title, make, model, model_year, price_pkr, content_hash,
  content_hash_version, file_id, row_number)
SELECT org_id, gen_random_uuid()::text, (ARRAY['public', 'private'])[1 + n % 2], channels, title, make, model, 2000,
  CASE WHEN n % 5 > 0 THEN :price + n END, content_hash, 1, file_id, 1
FROM (SELECT * FROM listings WHERE source_key LIKE 'car-%' LIMIT 1) l, generate_series(1, :count) n
RETURNING new.id, NULL::jsonb, {_NEW}, true
"""
_CHANGES = {
    "price": ("price_pkr = CASE WHEN :price % 7 = 0 THEN NULL ELSE :price % 3 + 1 END", f"{_OLD} <> {_NEW}"),
    "visibility": ("visibility = (ARRAY['public', 'private'])[1 + :price % 2]", f"{_OLD} <> {_NEW}"),
    "state": ("status = (ARRAY['live', 'withdrawn'])[1 + :price % 2]", f"{_OLD} <> {_NEW}"),
    "city": ("city = CAST(:price AS text)", "old.city IS DISTINCT FROM new.city"),
    "bookkeeping": ("updated_at = clock_timestamp(), row_number = 9", "false"),
}
_CHOSEN = "id = ANY(:ids) AND source_key NOT LIKE 'car-%'"
_UPDATE = f"UPDATE listings SET {{0}} WHERE {_CHOSEN} RETURNING id, {_OLD}, {_NEW}, {{1}}"
_WITHOUT_PRICES = (
    f"WITH prices AS (DELETE FROM listing_prices WHERE listing_id IN (SELECT id FROM listings WHERE {_CHOSEN}))"
)
_DELETE = f"{_WITHOUT_PRICES} DELETE FROM listings WHERE {_CHOSEN} RETURNING id, {_OLD}, NULL::jsonb, true"

Change = tuple[Any, Any]
"""The row before and after, as JSON."""
History = dict[tuple[str, UUID], list[Change]]
"""The changes of every subject in their order, by topic and subject."""


@dataclass
class Open:
    """A transaction that is under way, and what it will have done when it commits."""

    session: Session
    done: list[tuple[tuple[str, UUID], Change]] = field(default_factory=list)


class Interleaving:
    """Some transactions and readers that take steps in a random order."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self._engine, self._dice = engine, Random(seed)
        self._sessions: SessionFactory = make_session_factory(engine)
        self._open: list[Open] = []
        self._leads = [UUID(int=number) for number in range(1, 6)]
        self.truth: History = defaultdict(list)
        self.got: dict[str, list[Event]] = defaultdict(list)
        self.consumers = (*STEADY, NEWCOMER) if self._dice.random() < 0.5 else STEADY
        self.committed = self.undone = 0

    def run(self, steps: int) -> list[str]:
        """Take the steps, let everybody read to the end, and trim; what is wrong, a sentence each."""
        for _ in range(steps):
            self._step()
        while self._open:
            self._end(self._open.pop(self._dice.randrange(len(self._open))))
        for consumer in self.consumers:
            while self._read(consumer, 1_000, fails=False):
                pass
        wrong = [sentence for consumer in self.consumers for sentence in self._compare(consumer)]
        trim_outbox(self._sessions, self.consumers, 0)
        with transaction(self._sessions) as session:
            left = session.scalar(text("SELECT count(*) FROM outbox_events"))
            session.execute(text("DELETE FROM outbox_offsets WHERE consumer = 'newcomer'"))
            session.execute(text("DELETE FROM listing_prices"))
            session.execute(text("DELETE FROM listings WHERE source_key NOT LIKE 'car-%'"))  # the next one begins anew
            session.execute(text("DELETE FROM outbox_events"))
        return wrong + ([f"{left} rows that all have seen were kept."] if left else [])

    def _step(self) -> None:
        luck = self._dice.random()
        if luck < 0.2 and len(self._open) < 4:
            self._open.append(Open(self._sessions()))
            self._open[-1].session.execute(text("SET LOCAL lock_timeout = '10ms'"))
        elif luck < 0.65 and self._open:
            self._work(self._dice.choice(self._open))
        elif luck < 0.8 and self._open:
            self._end(self._open.pop(self._dice.randrange(len(self._open))))
        elif luck < 0.97:
            self._read(self._dice.choice(STEADY), self._dice.choice((1, 3, 20, 500)), fails=self._dice.random() < 0.15)
        else:
            trim_outbox(self._sessions, self.consumers, 0)

    def _work(self, one: Open) -> None:
        """One statement; one in six is undone by itself. Where another transaction is in the way, all is undone."""
        undone = self._dice.random() < 1 / 6
        savepoint = one.session.begin_nested()
        try:
            changes = self._lead(one) if self._dice.random() < 0.25 else self._listings(one)
        except OperationalError:  # the lock was not to be had
            self._open.remove(one)
            one.session.rollback()
            one.session.close()
            self.undone += 1
            return
        savepoint.rollback() if undone else savepoint.commit()
        one.done += [] if undone else changes

    def _lead(self, one: Open) -> list[tuple[tuple[str, UUID], Change]]:
        told = [(self._dice.choice(self._leads), {"old": None, "new": self._dice.randrange(99)}) for _ in range(2)]
        emit(one.session, "lead", *(NewEvent(lead, "told", payload=payload) for lead, payload in told))
        return [(("lead", lead), (payload["old"], payload["new"])) for lead, payload in told]

    def _listings(self, one: Open) -> list[tuple[tuple[str, UUID], Change]]:
        price = self._dice.randrange(1, 1_000)
        what = self._dice.choice(("create", "bulk", "delete", *_CHANGES))
        if what in ("create", "bulk"):
            count = 1 if what == "create" else self._dice.randrange(2, 40)
            rows = one.session.execute(text(_CREATE), {"price": price, "count": count}).all()
        else:
            known = one.session.scalars(text("SELECT id FROM listings ORDER BY id")).all()
            ids = self._dice.sample(known, min(len(known), self._dice.choice((1, 1, 2, 10))))
            setting, visible = _CHANGES.get(what, ("", ""))
            statement = _DELETE if what == "delete" else _UPDATE.format(setting, visible)
            given = {"ids": ids} | ({"price": price} if ":price" in statement else {})
            rows = one.session.execute(text(statement), given).all()
        return [(("listing", row[0]), (row[1], row[2])) for row in rows if row[3]]

    def _end(self, one: Open) -> None:
        if self._dice.random() < 0.25:
            one.session.rollback()
            self.undone += 1
        else:
            one.session.commit()
            self.committed += 1
            for subject, change in one.done:
                self.truth[subject].append(change)
        one.session.close()

    def _read(self, consumer: Consumer, most: int, *, fails: bool) -> bool:
        """Read once, and remember it if the consumer did not fail; whether there may be more."""
        with self._sessions() as session:
            reader = OutboxReader(session, consumer)
            reader.lock()
            reading = reader.read(most)
            reader.move(reading.position)
            if fails:
                session.rollback()
                return True
            session.commit()
        self.got[consumer.name] += reading.events
        return reading.more

    def _compare(self, consumer: Consumer) -> list[str]:
        """Each change once, in the order of its subject, with what was and what is."""
        found: History = defaultdict(list)
        numbers: dict[tuple[str, UUID], list[int]] = defaultdict(list)
        for event in self.got[consumer.name]:
            old, new = event.payload["old"], event.payload["new"]
            if isinstance(old, dict):  # former columns beside the facts are for alerts, which tests of their own hold
                old = {name: old[name] for name in ("price_pkr", "state", "visibility")}
            found[event.topic, event.subject_id].append((old, new))
            numbers[event.topic, event.subject_id].append(event.sequence)
        expected = {subject: changes for subject, changes in self.truth.items() if subject[0] in consumer.topics}
        wrong = [
            f"{consumer.name}, {subject}: {json.dumps(found[subject])} for {json.dumps(expected.get(subject))}"
            for subject in {*expected, *found}
            if found[subject] != expected.get(subject, [])
        ]
        gaps = [f"{consumer.name}, {subject}: {got}" for subject, got in numbers.items() if got != _rising(got)]
        return wrong + gaps


def _rising(numbers: list[int]) -> list[int]:
    return list(range(numbers[0], numbers[0] + len(numbers)))


def found_template(engine: Engine) -> None:
    """The listing that all others are made from; no transaction changes it."""
    with transaction(make_session_factory(engine)) as session:
        add_listing(session, org=f"dealer-{uuid4().hex[:8]}")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox_events"))
