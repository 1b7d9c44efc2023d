"""Keys, a clock and contacts for the tests of logins."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.roles import Role
from core.clock import utc_now
from core.db.tables import Org
from core.db.tables.people import User
from core.identity.contacts import Contact, phone
from core.identity.orgs import BranchSpec, add_branch, add_org
from core.identity.principals import find_by_session
from core.security.platform_keys import PlatformKeys
from serving.identity.logins.refresh_tokens import RefreshTokens
from serving.identity.logins.sessions import Client, start_session
from serving.identity.members.grants import Grant
from serving.identity.members.members import add_member
from tests.factories.keys import new_platform_keys

Person = Callable[..., Principal]
NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def keys() -> PlatformKeys:
    return new_platform_keys()


@pytest.fixture
def number() -> Contact:
    return phone("0300 1234567")


@pytest.fixture
def khan(session: Session) -> Org:
    org = add_org(session, "khan-motors", "Khan Motors")
    for code in ("dha", "clifton"):
        add_branch(session, org, BranchSpec(code, code))
    return org


@pytest.fixture
def other(session: Session) -> Org:
    return add_org(session, "clifton-cars", "Clifton Cars")


def login(session: Session, user_id: UUID) -> Principal:
    """The principal of a person, as a request would find it."""
    started = start_session(session, RefreshTokens(bytes(32)), user_id, Client(), utc_now())
    assert started.session_id is not None
    found = find_by_session(session, user_id, started.session_id, utc_now())
    assert found is not None
    return found.principal


@pytest.fixture
def person(session: Session) -> Person:
    def create(org: Org | None = None, role: Role = Role.SALES_AGENT, *branches: str) -> Principal:
        user = User()
        session.add(user)
        session.flush()
        if org is not None:
            add_member(session, org, user.id, Grant(role, frozenset(branches) or None))
        return login(session, user.id)

    return create


def id_of(principal: Principal) -> UUID:
    assert principal.user_id is not None
    return principal.user_id
