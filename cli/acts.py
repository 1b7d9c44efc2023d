"""Record what an operator does by command, in the transaction of the act."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cli.options import actor
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.session import Session
from core.db.tables import Org


def operator(by: str | None) -> Actor:
    """Return the actor for the person at the keyboard."""
    return Actor.system(f"automart by {actor(by)}")


def record_on_org(session: Session, org: Org, action: str, after: Mapping[str, Any], by: str | None = None) -> None:
    """Record an act on an organisation."""
    record(session, operator(by), Act(action, "org", str(org.id), org.id, after=after))


def record_on(
    session: Session, action: str, subject: tuple[str, str | UUID], org_id: UUID | None, after: Mapping[str, Any]
) -> None:
    """Record an act on a thing, named by its kind and id."""
    record(session, operator(None), Act(action, subject[0], str(subject[1]), org_id, after=after))
