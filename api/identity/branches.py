"""GET, POST and PATCH /v1/orgs/{code}/branches."""

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.identity.branch_schemas import BranchCreate, BranchDetails, BranchList, BranchRead
from api.identity.org_parameters import BranchDep, OrgPath
from api.identity.problems import ADD_BRANCH, CHANGE_BRANCH, IN_ORG
from api.identity.router import router
from api.rules import request_rules
from core.identity.orgs import BranchSpec
from core.personal_data.sealer import Sealer
from serving.identity.declarations import MANAGE_BRANCHES, READ_BRANCHES
from serving.identity.orgs.branches import change_branch, create_branch, list_branches

_PATH = "/v1/orgs/{code}/branches"


@router.get(_PATH, summary="List the branches", responses=problems(*IN_ORG))
@request_rules(access=READ_BRANCHES)
def read_branches(code: OrgPath, session: SessionDep, principal: PrincipalDep) -> BranchList:
    """List the branches of an organisation, by code."""
    return BranchList(branches=[BranchRead.of(row) for row in list_branches(session, principal, code)])


@router.post(_PATH, status_code=201, summary="Add a branch", responses=problems(*ADD_BRANCH))
@request_rules(access=MANAGE_BRANCHES, idempotent=True)
def add_branch(
    code: OrgPath, body: BranchCreate, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> BranchRead:
    """Add a branch. Cars of feeds that name its code are attached to it by the next delivery."""
    spec, sealer = BranchSpec(body.code, body.name, body.city), Sealer(session, state.identity.keys)
    return BranchRead.of(create_branch(sealer, principal, code, spec, body.columns()))


@router.patch(_PATH + "/{branch_code}", summary="Change a branch", responses=problems(*CHANGE_BRANCH))
@request_rules(access=MANAGE_BRANCHES)
def edit_branch(
    branch: BranchDep, body: BranchDetails, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> BranchRead:
    """Change the fields that are given; the code stays."""
    sealer = Sealer(session, state.identity.keys)
    return BranchRead.of(change_branch(sealer, principal, branch.org_code, branch.code, body.columns()))
