"""Find the organisation of a path, for callers that may do something there."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.permissions import Permission, require
from core.access.principal import Principal
from core.db.tables import Org
from core.errors import NotFoundError


class UnknownOrgError(NotFoundError):
    """There is no organisation of this code; told to staff of the platform alone."""

    code = "unknown_org"

    def __init__(self) -> None:
        super().__init__("There is no organisation of this code.")


def find_org(session: Session, principal: Principal, code: str, permission: Permission) -> Org:
    """Return the organisation where the caller holds the permission.

    An organisation that is foreign and one that does not exist are refused alike.

    Raises:
        ForbiddenError: the caller does not hold the permission there.
        UnknownOrgError: it holds the permission everywhere, and there is no such organisation.
    """
    org = session.scalars(select(Org).where(Org.code == code)).first()
    require(principal, permission, org_id=None if org is None else org.id)
    if org is None:
        raise UnknownOrgError
    return org
