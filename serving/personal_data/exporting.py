"""Export everything that is held of a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.db.tables.people import UserContact
from core.declarations import gather_declarations
from core.personal_data.sealer import Sealer
from core.personal_data.subject import Exporting, Subject
from core.security.platform_keys import PlatformKeys
from serving.identity.account import require_person

Export = dict[str, dict[str, list[dict[str, Any]]]]


def export_person(session: Session, keys: PlatformKeys, principal: Principal) -> Export:
    """Return everything that is held of the caller: domain → table → rows by column name, sealed values opened.

    Raises:
        LoginNeededError, PeopleOnlyError: the caller is no person.
    """
    user_id = require_person(principal)
    indexes = session.scalars(select(UserContact.blind_index).where(UserContact.user_id == user_id)).all()
    work = Exporting(session, Sealer(session, keys), Subject(user_id, tuple(indexes)))
    with platform_step(session, Step.EXPORT):
        return {
            domain: {exporter.table: [_plain(row) for row in exporter.rows(work)] for exporter in each.exporters}
            for domain, each in gather_declarations().items()
            if each.exporters
        }


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as JSON values; bytes, which are digests, as hex."""
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain_value(each) for each in value]
    return value if value is None or isinstance(value, str | bool | int | float | dict) else _text(value)


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
