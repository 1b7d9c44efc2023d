"""An invitation makes one membership, once, in time, for the person that holds its token."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables import Org
from core.db.tables.audit import AuditRecord
from core.db.tables.people import OrgMembership, User
from core.errors import ForbiddenError
from core.identity.contacts import Contact, email
from core.identity.orgs import BranchSpec, add_branch, add_org
from core.security.platform_keys import PlatformKeys
from serving.identity.errors import LoginNeededError
from serving.identity.members.grants import BadRoleError, Grant, RoleAboveOwnError
from serving.identity.members.invitations import LIFETIME, InvalidInvitationError, Invitations
from serving.identity.members.members import AlreadyMemberError
from tests.serving.identity.conftest import NOW, Person, id_of, login

SALES, MANAGER, ADMIN = Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN


@pytest.fixture
def invitations(session: Session, keys: PlatformKeys) -> Invitations:
    return Invitations(session, keys)


def test_accepted_invitation_makes_the_member(
    session: Session, invitations: Invitations, khan: Org, person: Person, number: Contact
) -> None:
    admin, invited = person(khan, ADMIN), person()
    offer = invitations.invite(admin, khan, number, Grant(SALES, frozenset({"dha"})), NOW)
    assert invitations.accept(invited, offer.token, NOW).id == khan.id
    (membership,) = login(session, id_of(invited)).memberships
    assert (membership.org_code, membership.role, len(membership.branch_ids or ())) == ("khan-motors", SALES, 1)
    acts = set(session.scalars(select(AuditRecord.action)))
    assert {"members.invite", "members.join"} <= acts


def test_branch_whose_code_has_a_comma_is_kept_whole(
    session: Session, invitations: Invitations, khan: Org, person: Person, number: Contact
) -> None:
    add_branch(session, khan, BranchSpec("Gulberg, Main", "Gulberg"))
    invited = person()
    grant = Grant(SALES, frozenset({"Gulberg, Main", "dha"}))
    offer = invitations.invite(person(khan, ADMIN), khan, number, grant, NOW)
    invitations.accept(invited, offer.token, NOW)
    (membership,) = login(session, id_of(invited)).memberships
    assert len(membership.branch_ids or ()) == 2


def test_invitation_holds_once_in_time_and_until_revoked(
    invitations: Invitations, khan: Org, person: Person, number: Contact
) -> None:
    admin = person(khan, ADMIN)
    offer = invitations.invite(admin, khan, number, Grant(SALES), NOW)
    with pytest.raises(InvalidInvitationError):
        invitations.accept(person(), offer.token, NOW + LIFETIME)
    invitations.accept(person(), offer.token, NOW + LIFETIME - timedelta(seconds=1))
    with pytest.raises(InvalidInvitationError):
        invitations.accept(person(), offer.token, NOW)
    second = invitations.invite(admin, khan, number, Grant(SALES), NOW)
    invitations.revoke(admin, khan, second.id, NOW)
    with pytest.raises(InvalidInvitationError):
        invitations.accept(person(), second.token, NOW)
    with pytest.raises(InvalidInvitationError):
        invitations.revoke(admin, khan, second.id, NOW)


def test_new_invitation_replaces_the_open_one(
    invitations: Invitations, khan: Org, person: Person, number: Contact
) -> None:
    admin = person(khan, ADMIN)
    first = invitations.invite(admin, khan, number, Grant(SALES), NOW)
    second = invitations.invite(admin, khan, number, Grant(MANAGER), NOW)
    others = invitations.invite(admin, khan, email("ali@example.pk"), Grant(SALES), NOW)
    listed = [(row.id, contact.value) for row, contact in invitations.open_ones(admin, khan, NOW)]
    assert listed == [(others.id, "ali@example.pk"), (second.id, number.value)]
    with pytest.raises(InvalidInvitationError):
        invitations.accept(person(), first.token, NOW)


def test_roles_are_offered_up_to_ones_own(
    invitations: Invitations, khan: Org, other: Org, person: Person, number: Contact
) -> None:
    manager = person(khan, MANAGER, "dha")
    assert invitations.invite(manager, khan, number, Grant(SALES, frozenset({"dha"})), NOW)
    for grant in (Grant(SALES), Grant(SALES, frozenset({"clifton"})), Grant(ADMIN, frozenset({"dha"}))):
        with pytest.raises(RoleAboveOwnError):
            invitations.invite(manager, khan, number, grant, NOW)
    for role in (Role.PLATFORM_ADMIN, Role.BUYER):
        with pytest.raises(BadRoleError):
            invitations.invite(person(khan, ADMIN), khan, number, Grant(role), NOW)
    for stranger in (person(other, ADMIN), person(khan, SALES), person(), Principal.anonymous()):
        with pytest.raises(ForbiddenError):
            invitations.invite(stranger, khan, number, Grant(SALES), NOW)


def test_invitation_of_another_organisation_is_not_revoked(
    invitations: Invitations, khan: Org, other: Org, person: Person, number: Contact
) -> None:
    offer = invitations.invite(person(khan, ADMIN), khan, number, Grant(SALES), NOW)
    stranger = person(other, ADMIN)
    for invitation_id in (offer.id, uuid4()):
        with pytest.raises(InvalidInvitationError):
            invitations.revoke(stranger, other, invitation_id, NOW)


def test_manager_does_not_take_back_what_an_administrator_offers(
    invitations: Invitations, khan: Org, person: Person, number: Contact
) -> None:
    offer = invitations.invite(person(khan, ADMIN), khan, number, Grant(ADMIN), NOW)
    manager = person(khan, MANAGER)
    with pytest.raises(InvalidInvitationError):
        invitations.revoke(manager, khan, offer.id, NOW)
    invitations.invite(manager, khan, number, Grant(SALES), NOW)
    assert invitations.accept(person(), offer.token, NOW).id == khan.id


def test_only_a_person_accepts_and_a_member_does_not_twice(
    invitations: Invitations, khan: Org, person: Person, number: Contact
) -> None:
    offer = invitations.invite(person(khan, ADMIN), khan, number, Grant(SALES), NOW)
    with pytest.raises(LoginNeededError):
        invitations.accept(Principal.anonymous(), offer.token, NOW)
    with pytest.raises(AlreadyMemberError):
        invitations.accept(person(khan, SALES), offer.token, NOW)
    for token in ("", "aut_in_x", offer.token + "\udc80", offer.token[:-1]):
        with pytest.raises(InvalidInvitationError):
            invitations.accept(person(), token, NOW)


def test_token_and_contact_are_not_readable_in_the_table(
    session: Session, invitations: Invitations, khan: Org, person: Person, number: Contact
) -> None:
    offer = invitations.invite(person(khan, ADMIN), khan, number, Grant(SALES), NOW)
    row = session.execute(text("SELECT * FROM invitations")).mappings().one()
    kept = b"".join(bytes(value) for value in row.values() if isinstance(value, bytes | memoryview))
    assert offer.token.encode() not in kept
    assert number.value.encode() not in kept
    assert offer.token not in repr(offer)


def test_two_invitations_accepted_at_once_make_one_membership(
    session_factory: SessionFactory, keys: PlatformKeys, number: Contact
) -> None:
    with transaction(session_factory) as session:
        org = add_org(session, "khan-motors", "Khan Motors")
        admin, invited = User(), User()
        session.add_all([admin, invited])
        session.flush()
        session.add(OrgMembership(user_id=admin.id, org_id=org.id, role=ADMIN))
        session.flush()
        caller, joining = login(session, admin.id), login(session, invited.id)
        contacts = (number, email("ali@example.pk"))
        offers = [Invitations(session, keys).invite(caller, org, one, Grant(SALES), NOW) for one in contacts]

    def accept(token: str) -> bool:
        try:
            with transaction(session_factory) as session:
                Invitations(session, keys).accept(joining, token, NOW)
        except AlreadyMemberError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(accept, [offer.token for offer in offers])) == [False, True]
