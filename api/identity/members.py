"""GET, POST, PATCH and DELETE /v1/orgs/{code}/members."""

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.identity.member_schemas import InvitationRead, MemberChange, MemberInvite, MemberList, MemberRead
from api.identity.org_parameters import OrgPath, UserPath
from api.identity.problems import CHANGE_MEMBER, IN_ORG, INVITE, REMOVE_MEMBER
from api.identity.router import router
from api.rules import request_rules
from core.clock import utc_now
from serving.identity.codes import CodeSender, Offer
from serving.identity.declarations import MANAGE_MEMBERS, READ_MEMBERS
from serving.identity.members.invitations import get_invitation
from serving.identity.members.members import change_member, remove_member
from serving.identity.members.profile import members_of
from serving.identity.orgs.orgs import find_org

_PATH = "/v1/orgs/{code}/members"


@router.get(_PATH, summary="List the members", responses=problems(*IN_ORG))
@request_rules(access=READ_MEMBERS)
def read_members(code: OrgPath, session: SessionDep, state: StateDep, principal: PrincipalDep) -> MemberList:
    """List the members of an organisation; for a caller of some branches, those of the same branches."""
    views = members_of(session, principal, code, state.identity.keys)
    return MemberList(members=[MemberRead.of(view) for view in views])


@router.post(_PATH, status_code=201, summary="Invite a member", responses=problems(*INVITE))
@request_rules(access=MANAGE_MEMBERS, idempotent=True)
def invite_member(
    code: OrgPath, body: MemberInvite, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> InvitationRead:
    """Send an invitation by phone or e-mail, good for 7 days and for one person; it replaces an open one."""
    sender = CodeSender(session, state.identity.keys, state.identity.code_countries)
    offer = Offer(body.contact(), body.grant())
    invited = sender.send_invitation(principal, code, offer, utc_now(), language=body.language)
    return InvitationRead.of(get_invitation(session, invited.id), offer.contact)


@router.patch(_PATH + "/{user_id}", status_code=204, summary="Change a member", responses=problems(*CHANGE_MEMBER))
@request_rules(access=MANAGE_MEMBERS)
def edit_member(
    code: OrgPath, user_id: UserPath, body: MemberChange, session: SessionDep, principal: PrincipalDep
) -> None:
    """Change role and branches of a member; it holds from the member's next request on. Not one's own."""
    org = find_org(session, principal, code, MANAGE_MEMBERS)
    change_member(session, principal, org, user_id, body.grant)


@router.delete(_PATH + "/{user_id}", status_code=204, summary="Remove a member", responses=problems(*REMOVE_MEMBER))
@request_rules(access=MANAGE_MEMBERS)
def end_membership(code: OrgPath, user_id: UserPath, session: SessionDep, principal: PrincipalDep) -> None:
    """Remove a member; it holds from the member's next request on. Not oneself, and not the last administrator."""
    remove_member(session, principal, find_org(session, principal, code, MANAGE_MEMBERS), user_id)
