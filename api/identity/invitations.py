"""GET and DELETE /v1/orgs/{code}/invitations, and POST /v1/invitations/accept."""

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.identity.member_schemas import InvitationAccept, InvitationList, Joined
from api.identity.org_parameters import InvitationPath, OrgPath
from api.identity.problems import ACCEPT_INVITATION, IN_ORG, REVOKE_INVITATION
from api.identity.router import router
from api.rules import LOGIN, request_rules
from core.clock import utc_now
from serving.identity.declarations import MANAGE_MEMBERS, READ_MEMBERS
from serving.identity.members.invitations import Invitations
from serving.identity.orgs.orgs import find_org

_PATH = "/v1/orgs/{code}/invitations"


@router.get(_PATH, summary="List the open invitations", responses=problems(*IN_ORG))
@request_rules(access=READ_MEMBERS)
def read_invitations(code: OrgPath, session: SessionDep, state: StateDep, principal: PrincipalDep) -> InvitationList:
    """List the invitations that can still be accepted, the newest first."""
    org = find_org(session, principal, code, READ_MEMBERS)
    return InvitationList.of(Invitations(session, state.identity.keys).open_ones(principal, org, utc_now()))


@router.delete(
    _PATH + "/{invitation_id}",
    status_code=204,
    summary="Take back an invitation",
    responses=problems(*REVOKE_INVITATION),
)
@request_rules(access=MANAGE_MEMBERS)
def revoke_invitation(
    code: OrgPath, invitation_id: InvitationPath, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> None:
    """Take back an open invitation to a role that the caller may give."""
    org = find_org(session, principal, code, MANAGE_MEMBERS)
    Invitations(session, state.identity.keys).revoke(principal, org, invitation_id, utc_now())


@router.post("/v1/invitations/accept", summary="Accept an invitation", responses=problems(*ACCEPT_INVITATION))
@request_rules(access=LOGIN)
def accept_invitation(body: InvitationAccept, session: SessionDep, state: StateDep, principal: PrincipalDep) -> Joined:
    """Become a member of the organisation that invited; the token holds once."""
    org = Invitations(session, state.identity.keys).accept(principal, body.token, utc_now())
    return Joined(org=org.code, org_name=org.name)
