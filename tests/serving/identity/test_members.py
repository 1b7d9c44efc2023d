"""Organisations run themselves: roles are given up to one's own, and an administrator always remains."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Org
from core.db.tables.audit import AuditRecord
from core.db.tables.logins import EndedOutsideSession
from core.db.tables.people import Login, OrgMembership, User
from core.errors import AutomartError, ForbiddenError, InvalidInputError
from core.identity.orgs import add_org
from core.identity.principals import OutsideLogin, find_by_login, find_by_session
from serving.identity.errors import LastAdminError
from serving.identity.logins.sessions import end_session
from serving.identity.members.grants import BadRoleError, Grant, RoleAboveOwnError
from serving.identity.members.members import (
    AlreadyMemberError,
    OwnRoleError,
    UnknownMemberError,
    add_member,
    change_member,
    list_members,
    remove_member,
)
from tests.serving.identity.conftest import NOW, Person, id_of, login

SALES, MANAGER, ADMIN = Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN


def give(session: Session, principal: Principal, org: Org, user_id: UUID, grant: Grant) -> None:
    change_member(session, principal, org, user_id, lambda _: grant)


def roles(session: Session, org: Org) -> dict[UUID, str]:
    rows = session.scalars(select(OrgMembership).where(OrgMembership.org_id == org.id))
    return {row.user_id: row.role for row in rows}


def test_principal_has_the_roles_of_all_its_organisations(
    session: Session, khan: Org, other: Org, person: Person
) -> None:
    one = person(khan, MANAGER, "dha")
    add_member(session, other, id_of(one), Grant(ADMIN))
    held = {
        m.org_code: (m.role, None if m.branch_ids is None else len(m.branch_ids))
        for m in login(session, id_of(one)).memberships
    }
    assert held == {"khan-motors": (MANAGER, 1), "clifton-cars": (ADMIN, None)}


def test_what_changes_holds_from_the_next_look(session: Session, khan: Org, person: Person) -> None:
    one, admin = person(khan, SALES), person(khan, ADMIN)
    assert one.session_id is not None

    def now_found() -> tuple[int, bool] | None:
        assert one.session_id is not None
        found = find_by_session(session, id_of(one), one.session_id, utc_now())
        return None if found is None else (len(found.principal.memberships), found.blocked)

    assert now_found() == (1, False)
    khan.blocked_at = NOW
    session.flush()
    assert now_found() == (0, False)
    khan.blocked_at = None
    remove_member(session, admin, khan, id_of(one))
    assert now_found() == (0, False)
    session.get_one(User, one.user_id).blocked_at = NOW
    session.flush()
    assert now_found() == (0, True)
    end_session(session, id_of(one), one.session_id, utc_now())
    assert now_found() is None


def test_session_of_another_person_is_not_found(session: Session, khan: Org, person: Person) -> None:
    one, two = person(khan), person(khan)
    assert one.session_id is not None
    assert find_by_session(session, id_of(two), one.session_id, utc_now()) is None


def test_outside_login_narrows_and_never_widens(session: Session, khan: Org, other: Org, person: Person) -> None:
    one = person(khan, SALES)
    session.add(Login(issuer="https://login.example", subject="s-1", user_id=id_of(one)))
    session.flush()

    def orgs(narrowed: set[str] | None) -> set[str]:
        asked = OutsideLogin("https://login.example", "s-1", "sid", None if narrowed is None else frozenset(narrowed))
        found = find_by_login(session, asked)
        assert found is not None
        return {membership.org_code for membership in found.principal.memberships}

    assert orgs(None) == orgs({"khan-motors", "clifton-cars"}) == {"khan-motors"}
    assert orgs({"clifton-cars"}) == orgs(set()) == set()
    session.add(EndedOutsideSession(issuer="https://login.example", session="sid", ended_at=NOW, expires_at=NOW))
    session.flush()
    assert find_by_login(session, OutsideLogin("https://login.example", "s-1", "sid")) is None
    assert find_by_login(session, OutsideLogin("https://login.example", "s-2")) is None


@pytest.mark.parametrize(
    ("giver", "role", "allowed"),
    [
        (ADMIN, ADMIN, True),
        (ADMIN, MANAGER, True),
        (ADMIN, SALES, True),
        (MANAGER, SALES, True),
        (MANAGER, MANAGER, False),
        (MANAGER, ADMIN, False),
        (SALES, SALES, False),
    ],
)
def test_roles_are_given_up_to_ones_own(
    session: Session, khan: Org, person: Person, giver: Role, role: Role, allowed: bool
) -> None:
    caller, member = person(khan, giver), person(khan, SALES)
    if allowed:
        give(session, caller, khan, id_of(member), Grant(role))
        assert roles(session, khan)[id_of(member)] == role
        return
    with pytest.raises(ForbiddenError):
        give(session, caller, khan, id_of(member), Grant(role))


def test_manager_does_not_touch_an_administrator(session: Session, khan: Org, person: Person) -> None:
    manager, admin = person(khan, MANAGER), person(khan, ADMIN)
    person(khan, ADMIN)
    with pytest.raises(RoleAboveOwnError):
        give(session, manager, khan, id_of(admin), Grant(SALES))
    with pytest.raises(RoleAboveOwnError):
        remove_member(session, manager, khan, id_of(admin))


def test_narrowed_manager_reaches_its_own_branches_alone(session: Session, khan: Org, person: Person) -> None:
    manager = person(khan, MANAGER, "dha")
    here, there, everywhere = person(khan, SALES, "dha"), person(khan, SALES, "clifton"), person(khan, SALES)
    give(session, manager, khan, id_of(here), Grant(SALES, frozenset({"dha"})))
    for member, branches in ((here, {"clifton"}), (here, None), (there, {"dha"}), (everywhere, {"dha"})):
        with pytest.raises(RoleAboveOwnError):
            give(session, manager, khan, id_of(member), Grant(SALES, None if branches is None else frozenset(branches)))


def test_people_of_another_organisation_are_refused(session: Session, khan: Org, other: Org, person: Person) -> None:
    foreign, member = person(other, ADMIN), person(khan, SALES)
    for attempt in (
        lambda: list_members(session, foreign, khan),
        lambda: give(session, foreign, khan, id_of(member), Grant(SALES)),
        lambda: remove_member(session, foreign, khan, id_of(member)),
        lambda: remove_member(session, Principal.anonymous(), khan, id_of(member)),
    ):
        with pytest.raises(ForbiddenError):
            attempt()


def test_nobody_changes_their_own_role(session: Session, khan: Org, person: Person) -> None:
    admin = person(khan, ADMIN)
    person(khan, ADMIN)
    with pytest.raises(OwnRoleError):
        give(session, admin, khan, id_of(admin), Grant(SALES))
    with pytest.raises(OwnRoleError):
        remove_member(session, admin, khan, id_of(admin))


def test_last_administrator_stays(session: Session, khan: Org, person: Person) -> None:
    platform = add_org(session, "automart", "Automart", kind="platform")
    staff, admin, blocked = person(platform, Role.PLATFORM_ADMIN), person(khan, ADMIN), person(khan, ADMIN)
    session.get_one(User, blocked.user_id).blocked_at = NOW
    session.flush()
    with pytest.raises(LastAdminError):
        remove_member(session, staff, khan, id_of(admin))
    with pytest.raises(LastAdminError):
        give(session, staff, khan, id_of(admin), Grant(SALES))


def test_administrator_of_some_branches_does_not_stand_in_for_the_last_one(
    session: Session, khan: Org, person: Person
) -> None:
    platform = add_org(session, "automart", "Automart", kind="platform")
    staff, admin = person(platform, Role.PLATFORM_ADMIN), person(khan, ADMIN)
    narrowed = person(khan, ADMIN, "dha")
    for grant in (Grant(ADMIN, frozenset({"dha"})), Grant(MANAGER)):
        with pytest.raises(LastAdminError):
            give(session, staff, khan, id_of(admin), grant)
    with pytest.raises(LastAdminError):
        remove_member(session, staff, khan, id_of(admin))
    give(session, staff, khan, id_of(narrowed), Grant(ADMIN, frozenset({"clifton"})))
    remove_member(session, staff, khan, id_of(narrowed))


def test_two_administrators_cannot_remove_each_other_at_once(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        org = add_org(session, "khan-motors", "Khan Motors")
        people = [User(), User()]
        session.add_all(people)
        session.flush()
        for user in people:
            add_member(session, org, user.id, Grant(ADMIN))
        callers = [login(session, user.id) for user in people]

    def remove(pair: tuple[Principal, Principal]) -> str:
        caller, leaving = pair
        try:
            with transaction(session_factory) as session:
                remove_member(
                    session, caller, session.scalars(select(Org).where(Org.code == "khan-motors")).one(), id_of(leaving)
                )
        except AutomartError as error:
            return error.code
        return "removed"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(remove, [(callers[0], callers[1]), (callers[1], callers[0])]))
    assert outcomes == ["last_admin", "removed"]


def held(role: str) -> dict[str, Any]:
    return {"role": role, "branches": None}


def test_changes_are_recorded(session: Session, khan: Org, person: Person) -> None:
    admin, member = person(khan, ADMIN), person(khan, SALES)
    give(session, admin, khan, id_of(member), Grant(MANAGER))
    remove_member(session, admin, khan, id_of(member))
    acts = session.scalars(select(AuditRecord).order_by(AuditRecord.id)).all()
    assert [(act.action, act.user_id, act.subject_id, act.before, act.after) for act in acts] == [
        ("members.change", admin.user_id, str(member.user_id), held("sales_agent"), held("branch_manager")),
        ("members.remove", admin.user_id, str(member.user_id), held("branch_manager"), None),
    ]


def test_staff_roles_count_in_the_platforms_organisation_alone(session: Session, khan: Org, person: Person) -> None:
    with pytest.raises(BadRoleError):
        add_member(session, khan, id_of(person()), Grant(Role.PLATFORM_ADMIN))
    trickster = person()
    session.add(OrgMembership(user_id=id_of(trickster), org_id=khan.id, role=Role.PLATFORM_ADMIN))
    session.flush()
    assert login(session, id_of(trickster)).memberships == ()


def test_unknown_members_branches_and_doubles_are_refused(session: Session, khan: Org, person: Person) -> None:
    admin, member = person(khan, ADMIN), person(khan, SALES)
    with pytest.raises(UnknownMemberError):
        give(session, admin, khan, uuid4(), Grant(SALES))
    with pytest.raises(AlreadyMemberError):
        add_member(session, khan, id_of(member), Grant(SALES))
    for branches in ({"nowhere"}, set()):
        with pytest.raises(InvalidInputError):
            give(session, admin, khan, id_of(member), Grant(SALES, frozenset(branches)))
