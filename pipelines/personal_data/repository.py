"""Read and write erasures, and destroy the keys that they name."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.tables.logins import UserSession
from core.db.tables.people import User, UserContact
from core.db.tables.personal_data import DataKey, Erasure
from core.personal_data.data_keys import key_ids
from core.personal_data.owner import Owner
from pipelines.personal_data.erasure_list import ErasureEntry


class ErasureRepository:
    """Erasures of people; one that is not finished is resumed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock_person(self, user_id: UUID) -> bool:
        """Lock a person's row against new rows that refer to it; False where there is no such person."""
        found = select(User.id).where(User.id == user_id).with_for_update()
        return self._session.scalar(found) is not None

    def of_person(self, user_id: UUID) -> Erasure | None:
        """Return the erasure of a person."""
        return self._session.scalars(select(Erasure).where(Erasure.user_id == user_id)).first()

    def get_for_update(self, erasure_id: UUID) -> Erasure:
        """Return an erasure that exists, locked."""
        return self._session.get_one(Erasure, erasure_id, with_for_update=True, populate_existing=True)

    def unfinished(self) -> list[UUID]:
        """Return the ids of erasures that were begun and not finished, the oldest first."""
        found = select(Erasure.id).where(Erasure.finished_at.is_(None)).order_by(Erasure.requested_at)
        return list(self._session.scalars(found))

    def missing(self, ids: Collection[UUID]) -> list[UUID]:
        """Return those ids that the database has no erasure of."""
        known = set(self._session.scalars(select(Erasure.id).where(Erasure.id.in_(ids))))
        return [erasure_id for erasure_id in ids if erasure_id not in known]

    def begin(self, user_id: UUID, now: datetime) -> Erasure:
        """Record that a person is to be erased, and lock the person out."""
        indexes = self._indexes(user_id)
        owners = [Owner.person(user_id), *map(Owner.contact, indexes)]
        row = Erasure(user_id=user_id, key_ids=key_ids(self._session, owners), indexes=indexes, requested_at=now)
        self._session.add(row)
        self._session.flush()
        self._lock_out(user_id, now)
        return row

    def begin_again(self, entry: ErasureEntry, now: datetime) -> None:
        """Record an erasure of the list that a restored database does not know; parallel calls record one.

        Contacts are found by the person, where the dump has it, and by the keys: a dump that is older than the account
        may hold an invitation to it.
        """
        found = select(DataKey.owner).where(DataKey.id.in_(entry.key_ids), DataKey.owner_kind == "contact")
        indexes = {*self._indexes(entry.user_id), *self._session.scalars(found)}
        values = {
            "id": entry.id,
            "user_id": entry.user_id,
            "key_ids": list(entry.key_ids),
            "indexes": sorted(indexes),
            "requested_at": entry.requested_at,
        }
        self._session.execute(insert(Erasure).values(values).on_conflict_do_nothing())
        self._lock_out(entry.user_id, now)

    def destroy_keys(self, erasure: Erasure) -> int:
        """Delete the keys that an erasure names, whatever their version; waits for those who seal under them."""
        person = and_(DataKey.owner_kind == "person", DataKey.owner == erasure.user_id.bytes)
        gone = delete(DataKey).where(or_(DataKey.id.in_(erasure.key_ids), person)).returning(DataKey.id)
        return len(self._session.scalars(gone).all())

    def add_count(self, erasure_id: UUID, domain: str, name: str, rows: int) -> None:
        """Add to the number of rows that an eraser changed."""
        row = self.get_for_update(erasure_id)
        counts = {key: dict(value) for key, value in row.counts.items()}
        counts.setdefault(domain, {})[name] = counts.get(domain, {}).get(name, 0) + rows
        row.counts = counts
        self._session.flush()

    def _indexes(self, user_id: UUID) -> list[bytes]:
        return sorted(self._session.scalars(select(UserContact.blind_index).where(UserContact.user_id == user_id)))

    def _lock_out(self, user_id: UUID, now: datetime) -> None:
        self._session.execute(update(User).where(User.id == user_id).values(blocked_at=now))
        going_on = (UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        self._session.execute(update(UserSession).where(*going_on).values(ended_at=now, ended_why="erased"))
