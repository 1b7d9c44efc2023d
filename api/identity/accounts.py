"""GET, POST and DELETE /v1/orgs/{code}/service-accounts."""

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.identity.account_schemas import AccountCreate, AccountCreated, AccountList, AccountRead
from api.identity.org_parameters import AccountPath, OrgPath
from api.identity.problems import ADD_ACCOUNT, IN_ORG, REVOKE_ACCOUNT
from api.identity.router import router
from api.rules import request_rules
from core.clock import utc_now
from serving.identity.declarations import MANAGE_SERVICE_ACCOUNTS
from serving.identity.orgs.orgs import find_org
from serving.identity.orgs.service_accounts import (
    add_service_account,
    list_service_accounts,
    permissions_named,
    revoke_service_account,
)

_PATH = "/v1/orgs/{code}/service-accounts"


@router.get(_PATH, summary="List the service accounts", responses=problems(*IN_ORG))
@request_rules(access=MANAGE_SERVICE_ACCOUNTS)
def read_accounts(code: OrgPath, session: SessionDep, principal: PrincipalDep) -> AccountList:
    """List the systems that act for an organisation, revoked ones too, the oldest first."""
    org = find_org(session, principal, code, MANAGE_SERVICE_ACCOUNTS)
    return AccountList(service_accounts=[AccountRead.of(row) for row in list_service_accounts(session, principal, org)])


@router.post(_PATH, status_code=201, summary="Add a service account", responses=problems(*ADD_ACCOUNT))
@request_rules(access=MANAGE_SERVICE_ACCOUNTS, idempotent=True)
def add_account(
    code: OrgPath, body: AccountCreate, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> AccountCreated:
    """Give a system access within scopes that the caller holds. The secret is in this answer and nowhere again."""
    org = find_org(session, principal, code, MANAGE_SERVICE_ACCOUNTS)
    permissions = permissions_named(body.scopes, state.identity.permissions)
    account, secret = add_service_account(session, principal, org, body.name, permissions)
    return AccountCreated.with_secret(account, secret)


@router.delete(
    _PATH + "/{account_id}", status_code=204, summary="Revoke a service account", responses=problems(*REVOKE_ACCOUNT)
)
@request_rules(access=MANAGE_SERVICE_ACCOUNTS)
def revoke_account(code: OrgPath, account_id: AccountPath, session: SessionDep, principal: PrincipalDep) -> None:
    """Take a system's access away; it holds from its next request on. Revoking again changes nothing."""
    org = find_org(session, principal, code, MANAGE_SERVICE_ACCOUNTS)
    revoke_service_account(session, principal, org, account_id, utc_now())
