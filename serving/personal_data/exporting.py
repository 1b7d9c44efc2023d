"""Export everything that is held of a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.db.tables.people import UserContact
from core.declarations import gather_declarations
from core.personal_data.sealer import Sealer
from core.personal_data.subject import Exporting, Subject
from core.security.platform_keys import PlatformKeys
from core.storage import Storage
from serving.identity.logins.account import require_person


@dataclass(frozen=True)
class Means:
    """The dependencies of an export: keys that open sealed values, and object storage, which holds archived rows."""

    keys: PlatformKeys
    storage: Storage


def write_export(out: IO[bytes], session: Session, means: Means, principal: Principal, now: datetime) -> None:
    """Write all that is held of the caller as JSON: `exported_at`, and domain → table → rows, sealed values opened.

    Rows are written as they are read: shoppers' events of a year may be a hundred thousand.

    Raises:
        LoginNeededError, PeopleOnlyError: the caller is no person.
    """
    user_id = require_person(principal)
    indexes = session.scalars(select(UserContact.blind_index).where(UserContact.user_id == user_id)).all()
    work = Exporting(session, Sealer(session, means.keys), means.storage, Subject(user_id, tuple(indexes)))
    exporters = {domain: each.exporters for domain, each in gather_declarations().items() if each.exporters}
    with platform_step(session, Step.EXPORT):
        out.write(b'{"exported_at": %b, "domains": {' % _json(now.isoformat()))
        for place, (domain, tables) in enumerate(exporters.items()):
            out.write(b"%b%b: {" % (_comma(place), _json(domain)))
            for at, exporter in enumerate(tables):
                out.write(b"%b%b: [" % (_comma(at), _json(exporter.table)))
                for number, row in enumerate(exporter.rows(work)):
                    out.write(_comma(number) + _json(_plain(row)))
                out.write(b"]")
            out.write(b"}")
        out.write(b"}}")


def _comma(place: int) -> bytes:
    return b", " if place else b""


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


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
