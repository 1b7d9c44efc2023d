"""Write an audit record in the transaction of the act that it describes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, make_url
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.sealed_fields import is_sealed
from core.db.tables.audit import AuditRecord
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


def _statement() -> str:
    """Make the statement that adds a record; its parameters are the columns' names.

    It reads nothing back, not even the id: a login that may add records needs no right to read them, and a record costs
    a quarter less. It is written once and given to the driver as it is, which saves a third of a record's time.
    """
    records = AuditRecord.metadata.tables[AuditRecord.__tablename__]
    given = [column for column in records.columns if column.server_default is None]
    adding = insert(records).inline().values({each.name: bindparam(each.name, type_=each.type) for each in given})
    return str(adding.compile(dialect=make_url("postgresql+psycopg://").get_dialect()()))


_ADD: Final = _statement()


def record(session: Session, actor: Actor, act: Act) -> None:
    """Add the record of an act; it stands or falls with the transaction of the session.

    The id of the request comes from the log fields. A trigger queues the record, so that it enters the chain once it is
    committed: the act waits for one answer of the database and not for two.
    """
    session.connection().exec_driver_sql(_ADD, _columns(actor, act))  # past the ORM, which has nothing to do here


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
