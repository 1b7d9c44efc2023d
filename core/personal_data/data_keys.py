"""Data keys of people: made at the first value that is sealed, unwrapped for the work at hand, never cached longer.

A key that an erasure destroys must not live on in the memory of some process, so a store lives as long as the
transaction that it works in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, SessionTransaction

from core.db.locks import share_name
from core.db.tables.people import User
from core.db.tables.personal_data import DataKey, Erasure
from core.errors import NotFoundError
from core.personal_data.owner import Owner
from core.security.envelope import KeyName, OpenedKey, new_secret, unwrap, wrap
from core.security.platform_keys import PlatformKeys
from core.security.sealing import CannotOpenError

MASTER_KEYS_LOCK: Final = "master keys"
"""Held together by whoever makes a data key, and alone by whoever changes the active master key."""


class OwnerGoneError(NotFoundError):
    """The person was erased: nothing of theirs can be kept any more."""

    code = "person_erased"

    def __init__(self) -> None:
        super().__init__("This person was erased, or is about to be: nothing can be kept for them.")


class WrappedKey(NamedTuple):
    """A key as its row holds it: the id, its version, the key sealed under a master key, and the id of that one."""

    id: UUID
    version: int
    wrapped: bytes
    master_key: str


_COLUMNS: Final = (DataKey.id, DataKey.version, DataKey.wrapped, DataKey.master_key)


class DataKeys:
    """Finds, makes and unwraps data keys within one transaction."""

    def __init__(self, session: Session, keys: PlatformKeys) -> None:
        self._session = session
        self._keys = keys
        self._opened: dict[KeyName, OpenedKey] = {}
        self._held: dict[Owner, tuple[SessionTransaction | None, OpenedKey]] = {}

    def of_owner(self, owner: Owner) -> OpenedKey:
        """Return the newest key of an owner, made now where there is none.

        Its row is locked against deletion: an erasure waits for the transaction that seals under it.

        Raises:
            OwnerGoneError: the person was erased.
        """
        within = self._session.get_nested_transaction()
        held = self._held.get(owner)
        if held is not None and held[0] is within:  # a savepoint that was rolled back gave its locks up
            return held[1]
        row = self._current(owner)
        if row is None:
            self._make(owner)
            row = self._current(owner)
        if row is None:
            raise OwnerGoneError
        return self.hold(owner, row)

    def hold(self, owner: Owner, row: WrappedKey) -> OpenedKey:
        """Take over the newest key of an owner that the caller's statement has read, and locked as `of_owner` does."""
        key = self.take(owner, row)
        self._held[owner] = (self._session.get_nested_transaction(), key)
        return key

    def take(self, owner: Owner, row: WrappedKey) -> OpenedKey:
        """Take over a key that another statement has read, to open values with it."""
        name = KeyName(row.id, row.version)
        if name not in self._opened:
            ring = self._keys.sealing_with(row.master_key)
            self._opened[name] = unwrap(ring, name, row.wrapped, owner.place)
        return self._opened[name]

    def named(self, name: KeyName) -> OpenedKey:
        """Return a key by its name.

        Raises:
            CannotOpenError: there is no such key: its owner was erased, or it is another database's.
        """
        if name not in self._opened:
            self.load([name])
        if name not in self._opened:
            raise CannotOpenError(
                f"The value was sealed under the data key {name.id}, version {name.version}, which does not exist (any"
                " more): its owner was erased, or the value comes from another database."
            )
        return self._opened[name]

    def load(self, names: Iterable[KeyName]) -> None:
        """Fetch keys by one statement, for many values that are opened together; unknown ones are passed over."""
        missing = {(name.id, name.version) for name in names if name not in self._opened}
        if missing:
            named = tuple_(DataKey.id, DataKey.version).in_(missing)
            for row in self._session.execute(select(*_COLUMNS, DataKey.owner_kind, DataKey.owner).where(named)):
                owner = Owner(row.owner_kind, row.owner)
                self.take(owner, WrappedKey(row.id, row.version, row.wrapped, row.master_key))

    def mark_in_trail(self, name: KeyName) -> None:
        """Note that audit records are sealed under a version: these are never sealed anew, so it is kept."""
        rows = (DataKey.id == name.id, DataKey.version == name.version, DataKey.in_trail.is_(False))
        self._session.execute(update(DataKey).where(*rows).values(in_trail=True))

    def _current(self, owner: Owner) -> WrappedKey | None:
        mine = (DataKey.owner_kind == owner.kind, DataKey.owner == owner.ref, DataKey.retired_at.is_(None))
        found = select(*_COLUMNS).where(*mine).with_for_update(key_share=True, read=True)
        row = self._session.execute(found).first()
        return None if row is None else WrappedKey(*row)

    def _make(self, owner: Owner) -> None:
        self._refuse_erased(owner)
        # Shared with others that make keys; a change of the master key waits for them, and they for it.
        share_name(self._session, MASTER_KEYS_LOCK)
        name = KeyName(uuid4(), 1)
        insert_key(self._session, self._keys, owner, OpenedKey(name, new_secret()))

    def _refuse_erased(self, owner: Owner) -> None:
        if owner.kind != "person":
            return
        person = UUID(bytes=owner.ref)
        known = self._session.scalar(
            select(User.id).where(User.id == person).with_for_update(key_share=True, read=True)
        )
        if known is None or self._session.scalar(select(Erasure.id).where(Erasure.user_id == person)) is not None:
            raise OwnerGoneError


def insert_key(session: Session, keys: PlatformKeys, owner: Owner, key: OpenedKey) -> None:
    """Insert a version of a data key, wrapped by the active master key; one that exists meanwhile is left as it is."""
    ring = keys.active_sealing()
    values = {
        "id": key.name.id,
        "version": key.name.version,
        "owner_kind": owner.kind,
        "owner": owner.ref,
        "wrapped": wrap(ring, key, owner.place),
        "master_key": ring.active,
    }
    session.execute(insert(DataKey).values(values).on_conflict_do_nothing())


def key_ids(session: Session, owners: Collection[Owner]) -> list[UUID]:
    """Return the ids of the owners' keys."""
    named = [(owner.kind, owner.ref) for owner in owners]
    found = select(DataKey.id).where(tuple_(DataKey.owner_kind, DataKey.owner).in_(named)).distinct()
    return sorted(session.scalars(found))
