"""One actor of each kind that can call the API, and what the table of permissions lets it do."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from core.access.permissions import Permission
from core.access.principal import Membership, Principal
from core.access.roles import PLATFORM_ROLES, Role
from core.db.session import SessionFactory, transaction
from serving.identity.declarations import MANAGE_SERVICE_ACCOUNTS
from serving.identity.orgs.orgs import find_org
from serving.identity.orgs.service_accounts import add_service_account
from tests.api.people import People

OWN, OTHER = "khan-motors", "clifton-cars"
ORG_ROLES = (Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN)


@dataclass(frozen=True)
class Actor:
    """A caller; `org` is the one in which it holds `role` or, as a system, `scopes`."""

    name: str
    org: str | None = None
    role: Role | None = None
    branch: str | None = None
    scopes: frozenset[str] | None = None

    @property
    def is_anonymous(self) -> bool:
        return self.name == "nobody"

    def may(self, permission: Permission, org: str | None) -> bool:
        """Return the rights by the table, independent of the code that decides; `org` None: in any organisation."""
        if self.scopes is not None:
            return org == self.org and permission.name in self.scopes
        if self.role is None or self.role not in permission.roles:
            return False
        if permission.whole_org and self.branch is not None:
            return False
        return self.role in PLATFORM_ROLES or org is None or org == self.org


def all_actors(permissions: frozenset[str]) -> Iterator[Actor]:
    """Every role in the organisation of the request, in one of its other branches, and in another organisation."""
    yield Actor("nobody")
    yield Actor("buyer")
    yield Actor("second private seller")
    for role in ORG_ROLES:
        yield Actor(f"{role}, own org", OWN, role)
        yield Actor(f"{role}, other branch", OWN, role, "clifton")
        yield Actor(f"{role}, other org", OTHER, role)
    for role in sorted(PLATFORM_ROLES):
        yield Actor(role, "automart", role)
    yield Actor("system with every scope, own org", OWN, scopes=permissions)
    yield Actor("system with one scope, own org", OWN, scopes=frozenset({"branches.read"}))
    yield Actor("system with every scope, other org", OTHER, scopes=permissions)


class Callers:
    """Gives each actor a login: a new one for each call, since some calls end it."""

    def __init__(self, people: People, factory: SessionFactory, permissions: dict[str, Permission]) -> None:
        self._people, self._factory, self._permissions = people, factory, permissions
        self._users: dict[str, UUID] = {}
        self._secrets: dict[str, str] = {}
        self._orgs = {code: people.org(code) for code in (OWN, OTHER)}

    def headers(self, actor: Actor) -> dict[str, str]:
        if actor.is_anonymous:
            return {}
        if actor.scopes is not None:
            if actor.name not in self._secrets:
                self._secrets[actor.name] = self._system(actor)
            return {"authorization": f"Bearer {self._secrets[actor.name]}"}
        if actor.name not in self._users:
            held = () if actor.role is None or actor.org is None else ((actor.org, actor.role),)
            branches = () if actor.branch is None else (actor.branch,)
            self._users[actor.name] = self._people.person(*held, branches=branches).user_id
        with transaction(self._factory) as session:
            return self._people.login(session, self._users[actor.name]).headers

    def _system(self, actor: Actor) -> str:
        assert actor.org is not None
        # An organisation's administrator and our staff together hold every permission that a system can be given.
        roles = (Role.ORG_ADMIN, *sorted(PLATFORM_ROLES), *ORG_ROLES)
        org_id = self._orgs[actor.org]
        admin = Principal(self._people.person().user_id, tuple(Membership(org_id, actor.org, role) for role in roles))
        scopes = [self._permissions[name] for name in sorted(actor.scopes or ())]
        with transaction(self._factory) as session:
            org = find_org(session, admin, actor.org, MANAGE_SERVICE_ACCOUNTS)
            return add_service_account(session, admin, org, actor.name[:60], scopes)[1]
