"""Read the roles and contacts of the caller, and the members of an organisation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Branch, Org
from core.db.tables.people import MembershipBranch, OrgMembership, User, UserContact
from core.identity.contacts import Contact
from core.security.platform_keys import PlatformKeys
from serving.identity.contact_book import ContactBook
from serving.identity.declarations import READ_MEMBERS
from serving.identity.members.members import list_members
from serving.identity.orgs.orgs import find_org


@dataclass(frozen=True)
class HeldRole:
    """A role of the caller; `branches` are codes, None: all."""

    org: Org
    role: str
    branches: tuple[str, ...] | None


@dataclass(frozen=True)
class MemberView:
    """A member as its organisation sees it."""

    user: User
    membership: OrgMembership
    branches: tuple[str, ...] | None
    contact: Contact | None


def held_roles(session: Session, principal: Principal) -> list[HeldRole]:
    """Return the caller's roles with names of organisations and codes of branches."""
    ids = [held.org_id for held in principal.memberships]
    if not ids:
        return []
    orgs = {org.id: org for org in session.scalars(select(Org).where(Org.id.in_(ids)))}
    named = [branch for held in principal.memberships for branch in held.branch_ids or ()]
    codes = _branch_codes(session, named)
    return [
        HeldRole(
            orgs[held.org_id],
            held.role,
            None if held.branch_ids is None else tuple(sorted(codes[branch] for branch in held.branch_ids)),
        )
        for held in principal.memberships
    ]


def own_contacts(session: Session, principal: Principal, keys: PlatformKeys) -> list[Contact]:
    """Return the contacts that the caller has proven."""
    return [] if principal.user_id is None else ContactBook(session, keys).of_person(principal.user_id)


def members_of(session: Session, principal: Principal, org_code: str, keys: PlatformKeys) -> list[MemberView]:
    """Return the members that the caller may see: those of its own branches, where its role is narrowed."""
    org = find_org(session, principal, org_code, READ_MEMBERS)
    rows = list_members(session, principal, org)
    narrowed = _narrowed_to(session, [membership.id for _, membership in rows])
    codes = _branch_codes(session, {branch for branches in narrowed.values() for branch in branches})
    own = next((held.branch_ids for held in principal.memberships if held.org_id == org.id), None)
    contacts = _first_contacts(session, ContactBook(session, keys), [user.id for user, _ in rows])
    seen = []
    for user, membership in rows:
        branches = narrowed.get(membership.id)
        if own is None or (branches is not None and own & branches) or user.id == principal.user_id:
            named = None if branches is None else tuple(sorted(codes[branch] for branch in branches))
            seen.append(MemberView(user, membership, named, contacts.get(user.id)))
    _record_reading(session, principal, org, seen)
    return seen


def _record_reading(session: Session, principal: Principal, org: Org, seen: list[MemberView]) -> None:
    """Record whose contacts the caller was shown, its own left out."""
    others = [str(view.user.id) for view in seen if view.contact is not None and view.user.id != principal.user_id]
    if others:
        act = Act("members.read_contacts", "org", str(org.id), org.id, after={"users": sorted(others)})
        record(session, Actor.of(principal), act)


def _narrowed_to(session: Session, memberships: Collection[UUID]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = {}
    rows = select(MembershipBranch).where(MembershipBranch.membership_id.in_(memberships))
    for row in session.scalars(rows):
        found.setdefault(row.membership_id, set()).add(row.branch_id)
    return found


def _branch_codes(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    return {row.id: row.code for row in session.execute(select(Branch.id, Branch.code).where(Branch.id.in_(ids)))}


def _first_contacts(session: Session, book: ContactBook, people: Collection[UUID]) -> dict[UUID, Contact]:
    rows = session.scalars(
        select(UserContact).where(UserContact.user_id.in_(people)).order_by(UserContact.proven_at.desc())
    ).all()
    return {row.user_id: contact for row, contact in zip(rows, book.opened(rows), strict=True)}
