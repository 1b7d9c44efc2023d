"""Let a second person approve what moves money: whoever asked for it may not, by whatever role or route."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.permissions import Permission, require
from core.access.principal import Principal
from core.db.tables.deposit_papers import DepositPayout, PaymentEntry
from core.db.tables.deposits import DepositRefund
from core.errors import NotFoundError
from serving.deposits.errors import SamePersonError
from serving.identity.errors import PeopleOnlyError

Asked = TypeVar("Asked", DepositPayout, PaymentEntry, DepositRefund)


def acting_person(principal: Principal, permission: Permission | None = None) -> UUID:
    """Return the person who acts; it holds the permission, where one is asked for.

    Raises:
        ForbiddenError: it does not hold it. PeopleOnlyError: the caller is a system, not a person.
    """
    if permission is not None:
        require(principal, permission)
    if principal.user_id is None:
        raise PeopleOnlyError
    return principal.user_id


def waiting(session: Session, asked: tuple[type[Asked], UUID, str], by: UUID, unknown: NotFoundError) -> Asked:
    """Lock what another person asked for and return it: its table, its id, and the state in which it waits.

    Raises:
        NotFoundError: `unknown`, where there is nothing of this id that waits. SamePersonError: it asked for it itself.
    """
    table, asked_id, state = asked
    found = session.get(table, asked_id, with_for_update=True)
    if found is None or found.state != state:
        raise unknown
    if found.requested_by == by:
        raise SamePersonError
    return found
