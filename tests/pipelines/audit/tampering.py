"""Random tampering with the trail: by hand in the tables, by an intruder who knows the formula, and in storage."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Table, select, text, update
from sqlalchemy.orm import Session

from core.audit.digest import START, link_digest, record_columns, record_digest
from core.db.tables.audit import AuditAnchor, AuditChain, AuditRecord
from core.storage import Storage

RECORDS, CHAIN, ANCHORS = AuditRecord.__table__, AuditChain.__table__, AuditAnchor.__table__
LAST, SEGMENTED = 30, 20  # records of the trail, and those that stand in lists of closed days


@dataclass
class Tampering:
    """A manipulation, and the most records that the verification may pass before it reports it."""

    done: str
    at_most: int
    exactly: bool = False


class Intruder:
    """Tampers with a trail at random; `storage` is written past the store's own rules."""

    def __init__(self, session: Session, storage: Storage, seed: int) -> None:
        self.session, self.storage, self.random = session, storage, random.Random(seed)

    def tamper(self) -> Tampering:
        ways: list[Callable[[], Tampering]] = [
            self.flip_record,
            self.flip_record,
            self.flip_record,
            self.flip_link,
            self.delete_record,
            self.delete_with_link,
            self.rewrite,
            self.insert_in_the_middle,
            self.swap,
            self.delete_newest,
            self.insert_outside,
            self.fork,
            self.flip_anchor,
            self.flip_anchor,
            self.delete_anchor,
            self.swap_anchors,
            self.insert_anchor,
            self.flip_note,
        ]
        return self.random.choice(ways)()

    def flip_record(self) -> Tampering:
        number = self._number()
        column = self._flip(RECORDS, RECORDS.c.id == self._record_at(number))
        return Tampering(f"{column} of record {number}", number, exactly=True)

    def flip_link(self) -> Tampering:
        number = self._number()
        column = self._flip(CHAIN, CHAIN.c.number == number)
        return Tampering(f"{column} of link {number}", number, exactly=column != "number")

    def delete_record(self) -> Tampering:
        number = self._number()
        self.session.execute(RECORDS.delete().where(RECORDS.c.id == self._record_at(number)))
        return Tampering(f"record {number} deleted", number, exactly=True)

    def delete_with_link(self) -> Tampering:
        """Delete a record, close the gap in the numbers and compute the chain anew."""
        number = self._number(LAST - 1)
        self.session.execute(RECORDS.delete().where(RECORDS.c.id == self._record_at(number)))
        self.session.execute(CHAIN.delete().where(CHAIN.c.number == number))
        self.session.execute(update(CHAIN).where(CHAIN.c.number > number).values(number=CHAIN.c.number - 1))
        self._compute_anew()
        at_most = number if number <= LAST - 3 else LAST  # the last anchor before the end speaks of 27
        return Tampering(f"record {number} deleted, chain computed anew", at_most, exactly=number <= SEGMENTED)

    def rewrite(self) -> Tampering:
        """Change a record and compute the chain anew."""
        number = self._number()
        column = self._flip(RECORDS, RECORDS.c.id == self._record_at(number), but=("id",))
        self._compute_anew()
        return Tampering(f"{column} of record {number}, chain computed anew", number, exactly=number <= SEGMENTED)

    def insert_in_the_middle(self) -> Tampering:
        number, moment = self._number(), self._moment()
        new = self._forged()
        self.session.execute(update(CHAIN).where(CHAIN.c.number >= number).values(number=CHAIN.c.number + 1))
        row = {"number": number, "record_id": new, "record_digest": b"", "digest": b"", "chained_at": moment}
        self.session.execute(CHAIN.insert().values(row))
        self._compute_anew()
        return Tampering(f"record inserted at {number}", number, exactly=number <= SEGMENTED)

    def swap(self) -> Tampering:
        one, other = sorted(self.random.sample(range(1, LAST + 1), 2))
        first, second = self._record_at(one), self._record_at(other)
        self.session.execute(update(CHAIN).where(CHAIN.c.number == one).values(record_id=second))
        self.session.execute(update(CHAIN).where(CHAIN.c.number == other).values(record_id=first))
        if self.random.random() < 0.5:
            self._compute_anew()
            return Tampering(f"{one} and {other} swapped, chain computed anew", one, exactly=one <= SEGMENTED)
        return Tampering(f"{one} and {other} swapped", one, exactly=True)

    def delete_newest(self) -> Tampering:
        """Delete the newest records with their links, and the database's list of their anchors."""
        left = self._number(LAST - 1)
        self.session.execute(RECORDS.delete().where(RECORDS.c.id.in_(self._records_after(left))))
        self.session.execute(CHAIN.delete().where(CHAIN.c.number > left))
        self.session.execute(ANCHORS.delete().where(ANCHORS.c.number > left))
        return Tampering(f"records after {left} deleted", left + 1, exactly=True)

    def insert_outside(self) -> Tampering:
        self._forged()
        return Tampering("record inserted beside the chain", LAST)

    def fork(self) -> Tampering:
        number = self._number()
        row = dict(self.session.execute(select(CHAIN).where(CHAIN.c.number == self._number())).mappings().one())
        self.session.execute(CHAIN.insert().values(row | {"number": number}))
        return Tampering(f"second link {number}", number, exactly=True)

    def flip_anchor(self) -> Tampering:
        key = self._key()
        data = bytearray(self.storage.get(key))
        data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        self.storage.put(key, bytes(data))
        return Tampering(f"byte of {key}", LAST)

    def delete_anchor(self) -> Tampering:
        key = self._key()
        self.storage.delete(key)
        return Tampering(f"{key} deleted", LAST)

    def swap_anchors(self) -> Tampering:
        one, other = self.random.sample(list(self.storage.keys("audit")), 2)
        first, second = self.storage.get(one), self.storage.get(other)
        self.storage.put(one, second)
        self.storage.put(other, first)
        return Tampering(f"{one} and {other} swapped", LAST)

    def insert_anchor(self) -> Tampering:
        number, kind = self._number(LAST + 9), self.random.choice(["head", "segment", "retained", "resumed"])
        key = f"audit/{kind}/{number:015d}.json"
        if self.storage.exists(key) or self.random.random() < 0.1:
            key = f"audit/{uuid4()}"
        forged = {"kind": kind, "number": number, "digest": "00" * 32, "first": 1, "previous": "", "links": []}
        forged |= {
            "from": 0,
            "from_digest": START.hex(),
            "set_aside": dict.fromkeys(self.storage.keys("audit"), ""),
        }
        self.storage.put(key, json.dumps(forged).encode())
        return Tampering(f"{key} inserted", LAST + 1)

    def flip_note(self) -> Tampering:
        name = self.random.choice(self.session.execute(select(ANCHORS.c.kind, ANCHORS.c.number)).all())
        where = (ANCHORS.c.kind == name.kind) & (ANCHORS.c.number == name.number)
        digest = bytearray(self.session.scalars(select(ANCHORS.c.content_digest).where(where)).one())
        digest[self.random.randrange(32)] ^= 1 << self.random.randrange(8)
        self.session.execute(update(ANCHORS).where(where).values(content_digest=bytes(digest)))
        return Tampering(f"note of {name}", LAST)

    def _number(self, most: int = LAST) -> int:
        return self.random.randint(1, most)

    def _key(self) -> str:
        return self.random.choice(list(self.storage.keys("audit")))

    def _record_at(self, number: int) -> UUID:
        return self.session.scalars(select(CHAIN.c.record_id).where(CHAIN.c.number == number)).one()

    def _records_after(self, number: int) -> list[UUID]:
        return list(self.session.scalars(select(CHAIN.c.record_id).where(CHAIN.c.number > number)))

    def _moment(self) -> datetime:
        return self.session.scalars(select(CHAIN.c.chained_at).where(CHAIN.c.number == 1)).one()

    def _forged(self) -> UUID:
        values = {"actor_kind": "system", "actor": "x", "action": "a.b", "subject_kind": "s", "subject_id": "1"}
        return self.session.scalars(RECORDS.insert().values(values).returning(RECORDS.c.id)).one()

    def _flip(self, table: Table, where: Any, but: tuple[str, ...] = ()) -> str:
        """Change one column of a row by as little as its type allows; return the column's name."""
        column = self.random.choice([each for each in table.columns if each.name not in but])
        if str(column.type) == "JSONB":
            return self._flip_json(table, column, where)
        value = self.session.execute(select(column).where(where)).scalar_one()
        changed = self._changed(column, value)
        assert changed != value
        self.session.execute(update(table).where(where).values({column.name: changed}))
        return str(column.name)

    def _flip_json(self, table: Table, column: Column[Any], where: Any) -> str:
        stored = self.session.execute(select(column.cast(self._text())).where(where)).scalar_one()
        while True:
            changed = self._changed_text(stored or '{"a": 1}') if stored else '{"a": 1}'
            try:
                with self.session.begin_nested():
                    statement = text(f"UPDATE {table.name} t SET {column.name} = CAST(:v AS jsonb) WHERE t.id = :id")
                    record_id = self.session.execute(select(table.c.id).where(where)).scalar_one()
                    self.session.execute(statement, {"v": changed, "id": record_id})
            except Exception:  # no JSON any more: flip another one
                continue
            if self.session.execute(select(column.cast(self._text())).where(where)).scalar_one() != stored:
                return str(column.name)

    @staticmethod
    def _text() -> Any:
        from sqlalchemy import Text

        return Text

    def _changed(self, column: Column[Any], value: Any) -> Any:
        if value is None:
            return {"UUID": uuid4(), "CHAR(32)": uuid4()}.get(str(column.type), "x")
        if isinstance(value, str):
            return self._changed_text(value)
        if isinstance(value, bytes):
            flipped = bytearray(value)
            flipped[self.random.randrange(len(flipped))] ^= 1 << self.random.randrange(8)
            return bytes(flipped)
        if isinstance(value, UUID):
            return UUID(int=value.int ^ (1 << self.random.randrange(128)))
        if isinstance(value, datetime):
            return value + timedelta(microseconds=1 << self.random.randrange(20))
        return value ^ (1 << self.random.randrange(6))

    def _changed_text(self, value: str) -> str:
        at = self.random.randrange(len(value))
        flipped = chr(ord(value[at]) ^ (1 << self.random.randrange(5)))
        return value[:at] + (flipped if flipped.isprintable() else "~") + value[at + 1 :]

    def _compute_anew(self) -> None:
        """Compute every digest as the chainer does: an intruder can read the formula."""
        self.session.expire_all()
        digest = START
        for link in self.session.execute(select(CHAIN).order_by(CHAIN.c.number)).all():
            row = self.session.execute(select(*record_columns()).where(AuditRecord.id == link.record_id)).one()
            content = record_digest(row)
            digest = link_digest(digest, link.number, link.record_id, content, link.chained_at)
            values = {"record_digest": content, "digest": digest}
            self.session.execute(update(CHAIN).where(CHAIN.c.number == link.number).values(values))
