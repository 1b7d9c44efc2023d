"""Seal personal data under the data key of their owner, and open them again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from core.personal_data.data_keys import DataKeys
from core.personal_data.owner import Owner
from core.security.envelope import key_name_of, open_under, seal_under
from core.security.platform_keys import PlatformKeys
from core.security.sealing import key_id_of, open_sealed


class Place(NamedTuple):
    """The table, column and row of a sealed value. They are part of its seal, so a copy elsewhere does not open."""

    table: str
    column: str
    row: str

    @classmethod
    def of(cls, table: str, column: str, row_id: UUID) -> Place:
        """Return the place in a row that an id names."""
        return cls(table, column, row_id.hex)


class Sealer:
    """Seals and opens values within one transaction."""

    def __init__(self, session: Session, keys: PlatformKeys) -> None:
        self.session = session
        self.keys = keys
        self.data_keys = DataKeys(session, keys)

    def seal(self, owner: Owner, value: str, place: Place) -> bytes:
        """Encrypt a value under its owner's key.

        Raises:
            OwnerGoneError: the owner was erased.
        """
        return seal_under(self.data_keys.of_owner(owner), value, place)

    def open(self, sealed: bytes, place: Place, before: tuple[str, ...] = ()) -> str:
        """Decrypt a value. `before` is the place under which it was sealed when there were no data keys yet.

        Raises:
            CannotOpenError: its owner was erased, it belongs to another place, or it was changed.
        """
        name = key_name_of(sealed)
        if name is None:
            return open_sealed(self.keys.sealing_with(key_id_of(sealed)), sealed, before)
        return open_under(self.data_keys.named(name), sealed, place)

    def load(self, values: Iterable[bytes | None]) -> None:
        """Fetch the keys of many values by one statement, before they are opened one by one."""
        names = [key_name_of(value) for value in values if value is not None]
        self.data_keys.load(name for name in names if name is not None)
