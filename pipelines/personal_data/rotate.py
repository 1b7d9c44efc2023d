"""Rotate the master key and all data keys, while others read and write.

A new master key is made; then each data key gets a new version under it, and its older versions are wrapped under it
too. A key is done in one small transaction, and those that are left are known by the master key that wraps them: a
rotation that is killed goes on where it was. At the end the values are sealed anew (`reseal`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db.locks import lock_name
from core.db.session import Transaction
from core.db.tables.personal_data import DataKey
from core.errors import ConflictError, InvalidInputError
from core.personal_data.data_keys import MASTER_KEYS_LOCK, insert_key
from core.personal_data.owner import Owner
from core.security.envelope import KeyName, OpenedKey, new_secret, unwrap, wrap
from core.security.keyring import Keyring
from core.security.platform_keys import PlatformKeys, write_keyring
from pipelines.personal_data.reseal import waiting

BATCH: Final = 100


class KeyInUseError(ConflictError):
    """A master key still opens something, or is the active one."""

    code = "key_in_use"


class NoNewKeyError(InvalidInputError):
    """The keys are given by settings, and no new one is active there."""

    code = "no_new_key"

    def __init__(self) -> None:
        super().__init__(
            "SEALING_KEYS is given, and all data keys are wrapped by its active key already: add a new key there, make"
            " it active, restart every process, and run this again."
        )


@dataclass(frozen=True)
class RotateResult:
    """The active master key, whether this rotation was begun earlier, and the data keys that got a new version."""

    master_key: str
    resumed: bool
    rotated: int
    unused_master_keys: tuple[str, ...]


def rotate_keys(
    transaction: Transaction, keys: PlatformKeys, now: datetime, after_batch: Callable[[int], None] = lambda _: None
) -> RotateResult:
    """Give every data key a new version under a new master key; one that was begun and not finished is finished.

    Raises:
        NoNewKeyError: see there.
    """
    with transaction() as session:
        ring, resumed = _begin(session, keys)
    rotated = 0
    while True:
        with transaction() as session:
            done = _rotate_some(session, keys, ring, now)
        if not done:
            break
        rotated += done
        after_batch(rotated)
    with transaction() as session:
        return RotateResult(ring.active, resumed, rotated, _unused(session, ring))


def forget_master_key(transaction: Transaction, keys: PlatformKeys, key_id: str) -> None:
    """Take a master key out of the kept ring: dumps of when it was in use cannot be opened any more.

    Raises:
        KeyInUseError: it is active, opens something still, or is given by settings. InvalidInputError: unknown.
    """
    if keys.sealing_file is None:
        raise KeyInUseError("The keys are given by SEALING_KEYS: take the key out there.")
    with transaction() as session:
        lock_name(session, MASTER_KEYS_LOCK)
        ring = keys.active_sealing()
        if key_id not in ring.keys:
            raise InvalidInputError(f"There is no master key {key_id!r}; there are {', '.join(sorted(ring.keys))}.")
        if key_id not in _unused(session, ring):
            raise KeyInUseError(f"The master key {key_id!r} is in use: finish `automart pii rotate` first.")
        left = {name: key for name, key in ring.keys.items() if name != key_id}
        write_keyring(keys.sealing_file, Keyring(ring.active, left))


def _begin(session: Session, keys: PlatformKeys) -> tuple[Keyring, bool]:
    """Make the new master key, unless data keys still wait from a rotation before."""
    # Whoever makes a data key holds this lock shared: after the change none is wrapped under the old master key.
    lock_name(session, MASTER_KEYS_LOCK)
    ring = keys.active_sealing()
    if _left(session, ring):
        return ring, True
    if keys.sealing_file is None:
        raise NoNewKeyError
    ring = ring.with_new_key()
    write_keyring(keys.sealing_file, ring)
    return ring, False


def _left(session: Session, ring: Keyring) -> int:
    return session.scalar(select(func.count()).select_from(DataKey).where(DataKey.master_key != ring.active)) or 0


def _unused(session: Session, ring: Keyring) -> tuple[str, ...]:
    """Return the older master keys that open nothing in this database."""
    used = set(session.scalars(select(DataKey.master_key).distinct())) | {ring.active}
    # Of values that are not sealed anew yet some may stand under a master key itself.
    return () if waiting(session) else tuple(sorted(set(ring.keys) - used))


def _rotate_some(session: Session, keys: PlatformKeys, ring: Keyring, now: datetime) -> int:
    some = select(DataKey.id).where(DataKey.master_key != ring.active).distinct().order_by(DataKey.id).limit(BATCH)
    ids = session.scalars(some).all()
    locked = select(DataKey).where(DataKey.id.in_(ids)).order_by(DataKey.id, DataKey.version)
    rows = session.scalars(locked.with_for_update(key_share=True).execution_options(populate_existing=True)).all()
    for _, versions in groupby(rows, key=lambda row: row.id):
        _rotate_one(session, keys, ring, list(versions), now)
    session.flush()
    return len(ids)


def _rotate_one(session: Session, keys: PlatformKeys, ring: Keyring, versions: list[DataKey], now: datetime) -> None:
    if all(row.master_key == ring.active for row in versions):
        return  # another process was first
    for row in versions:
        owner, name = Owner(row.owner_kind, row.owner), KeyName(row.id, row.version)  # type: ignore[arg-type]  # the table checks the kind
        opened = unwrap(keys.sealing_with(row.master_key), name, row.wrapped, owner.place)
        row.wrapped, row.master_key = wrap(ring, opened, owner.place), ring.active
        row.retired_at = row.retired_at or now
    session.flush()
    newest = versions[-1]
    insert_key(session, keys, owner, OpenedKey(KeyName(UUID(int=newest.id.int), newest.version + 1), new_secret()))
