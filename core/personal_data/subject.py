"""The person whose data are erased or exported, with what erasers and exporters need to find them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.personal_data.sealer import Sealer
from core.storage import Storage


@dataclass(frozen=True)
class Subject:
    """A person by id, and the blind indexes of the person's contacts."""

    user_id: UUID
    indexes: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Erasing:
    """The means of an eraser: its transaction, object storage, and the person that is erased."""

    session: Session
    storage: Storage
    subject: Subject


@dataclass(frozen=True)
class Exporting:
    """The means of an exporter: its transaction, the sealer of values, object storage, and the person that asks."""

    session: Session
    sealer: Sealer
    storage: Storage
    subject: Subject


Rows = Iterable[Mapping[str, Any]]
