"""Write an audit record in the transaction of the act that it describes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import make_url
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.sealed_fields import is_sealed
from core.db.tables.audit import AuditRecord
from core.db.together import Part, add_rows
from core.observability.context import current_fields
from core.observability.redaction import mask_contacts


@dataclass(frozen=True)
class Act:
    """An act: `action` is `<domain>.<verb>`, the subject is the thing, `org_id` the organisation that owns it.

    `before` and `after` hold the fields that changed, as JSON values; the caller seals personal ones
    (`core.audit.sealed_fields`). Contacts in free text are masked: a record cannot be changed later.
    """

    action: str
    subject_kind: str
    subject_id: str
    org_id: UUID | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str | None = None


_RECORDS: Final = AuditRecord.metadata.tables[AuditRecord.__tablename__]
_DIALECT: Final = make_url("postgresql+psycopg://").get_dialect()()
_TYPES: Final = {
    each.name: each.type.compile(dialect=_DIALECT) for each in _RECORDS.columns if each.server_default is None
}


def record(session: Session, actor: Actor, act: Act) -> None:
    """Add the record of an act; it stands or falls with the transaction of the session.

    The id of the request comes from the log fields. A trigger queues the record, so that it enters the chain once it is
    committed: the act waits for one answer of the database and not for two. Within a step of the platform it is written
    at the end of the step.
    """
    add_rows(session, _part, [_columns(actor, act)])


def _part(rows: Sequence[Mapping[str, Any]]) -> Part:
    return Part(_adding(len(rows)), {f"{name}_{n}": row[name] for n, row in enumerate(rows) for name in _TYPES})


@cache
def _adding(rows: int) -> str:
    """Make the statement that adds so many records.

    It reads nothing back, not even the ids: a login that may add records needs no right to read them, and a record
    costs a quarter less. It is written once and given to the driver as it is, which saves a third of a record's time.
    """
    places = (", ".join(f"%({name}_{n})s::{kind}" for name, kind in _TYPES.items()) for n in range(rows))
    values = ", ".join(f"({each})" for each in places)
    return f"INSERT INTO {_RECORDS.name} ({', '.join(_TYPES)}) VALUES {values}"  # noqa: S608  (names of our own)


def _columns(actor: Actor, act: Act) -> dict[str, Any]:
    return {
        "actor_kind": actor.kind,
        "actor": actor.name,
        "actor_org_id": actor.org_for(act.org_id),
        "user_id": actor.user_id,
        "session_id": actor.session_id,
        "device": actor.device,
        "address_class": actor.address_class,
        "org_id": act.org_id,
        "action": act.action,
        "subject_kind": act.subject_kind,
        "subject_id": act.subject_id,
        "before": None if act.before is None else json.dumps(_without_contacts(act.before)),
        "after": None if act.after is None else json.dumps(_without_contacts(act.after)),
        "reason": None if act.reason is None else mask_contacts(act.reason),
        "request_id": current_fields().get("request_id"),
    }


def _without_contacts(value: Any) -> Any:
    """Return a JSON value with contacts in its texts masked; sealed values are left as they are."""
    if isinstance(value, str):
        return mask_contacts(value)
    if isinstance(value, Mapping):
        return {name: each if is_sealed(each) else _without_contacts(each) for name, each in value.items()}
    return [_without_contacts(each) for each in value] if isinstance(value, list | tuple) else value
