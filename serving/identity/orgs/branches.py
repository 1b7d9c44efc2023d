"""Branches of an organisation: its published addresses, phones and opening hours."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.audit.sealed_fields import seal_fields
from core.db.tables import Branch
from core.errors import NotFoundError
from core.identity.orgs import BranchSpec, add_branch
from core.personal_data.owner import Owner
from core.personal_data.sealer import Sealer
from serving.identity.declarations import MANAGE_BRANCHES, READ_BRANCHES
from serving.identity.orgs.orgs import find_org


class UnknownBranchError(NotFoundError):
    """The organisation has no such branch."""

    code = "unknown_branch"

    def __init__(self) -> None:
        super().__init__("The organisation has no branch of this code.")


def list_branches(session: Session, principal: Principal, org_code: str) -> list[Branch]:
    """Return the branches of an organisation, by code."""
    org = find_org(session, principal, org_code, READ_BRANCHES)
    return list(session.scalars(select(Branch).where(Branch.org_id == org.id).order_by(Branch.code)))


def create_branch(
    sealer: Sealer, principal: Principal, org_code: str, spec: BranchSpec, details: Mapping[str, Any]
) -> Branch:
    """Add a branch; `details` are its other columns by name.

    Raises:
        InvalidInputError, ConflictError: see `core.identity.orgs.add_branch`.
    """
    session = sealer.session
    org = find_org(session, principal, org_code, MANAGE_BRANCHES)
    branch = add_branch(session, org, spec)
    _set(branch, details)
    session.flush()
    after = _recorded(sealer, branch, {"code": spec.code, "name": spec.name, **details})
    record(session, Actor.of(principal), Act("branches.add", "branch", str(branch.id), org.id, None, after))
    return branch


def change_branch(
    sealer: Sealer, principal: Principal, org_code: str, branch_code: str, changes: Mapping[str, Any]
) -> Branch:
    """Change columns of a branch.

    Raises:
        UnknownBranchError: the organisation has no branch of this code.
    """
    session = sealer.session
    org = find_org(session, principal, org_code, MANAGE_BRANCHES)
    found = select(Branch).where(Branch.org_id == org.id, Branch.code == branch_code).with_for_update()
    branch = session.scalars(found).first()
    if branch is None:
        raise UnknownBranchError
    before = _recorded(sealer, branch, {name: getattr(branch, name) for name in changes})
    _set(branch, changes)
    session.flush()
    act = Act("branches.change", "branch", str(branch.id), org.id, before, _recorded(sealer, branch, changes))
    record(session, Actor.of(principal), act)
    return branch


def _recorded(sealer: Sealer, branch: Branch, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as the audit trail keeps them: phones sealed under the organisation's key."""
    return seal_fields(sealer, Owner.org(branch.org_id), f"branch:{branch.id}", fields, ("phones",))


def _set(branch: Branch, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        setattr(branch, name, value)
