"""A column whose values are sealed: its owner, its places, and the form in which older rows were sealed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.personal_data.owner import Owner, OwnerKind
from core.personal_data.sealer import Place, Sealer


@dataclass(frozen=True)
class SealedColumn:
    """A bytea column of a table with the primary key `id`, sealed under the key of the owner that a column names.

    `reads` are the columns that `before` needs: it gives the place under which rows were sealed before there were data
    keys. Rows are anything with columns as attributes: mapped objects or rows of a query.
    """

    table: str
    column: str
    owner_kind: OwnerKind
    owner_column: str
    before: Callable[[Any], tuple[str, ...]] | None = None
    reads: tuple[str, ...] = ()

    def seal(self, sealer: Sealer, row: Any, value: str) -> bytes:
        """Encrypt a value for a row, whose id must be known."""
        owner = self.owner(row)
        if owner is None:
            raise ValueError(f"a row of {self.table} without {self.owner_column} has no key")
        return sealer.seal(owner, value, self._place(row))

    def open(self, sealer: Sealer, row: Any) -> str:
        """Decrypt the value of a row.

        Raises:
            CannotOpenError: see `Sealer.open`.
        """
        before = () if self.before is None else self.before(row)
        return sealer.open(getattr(row, self.column), self._place(row), before)

    def owner(self, row: Any) -> Owner | None:
        """Return the owner of a row's value; None for rows that name none."""
        named = getattr(row, self.owner_column)
        if named is None:
            return None
        return Owner(self.owner_kind, named if isinstance(named, bytes) else named.bytes)

    def _place(self, row: Any) -> Place:
        return Place.of(self.table, self.column, row.id)
