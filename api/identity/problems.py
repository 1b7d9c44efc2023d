"""Problems of the identity operations."""

from core.errors import AutomartError, ConflictError, InvalidInputError
from core.identity.contacts import BadEmailError, BadPhoneError
from serving.identity.errors import (
    BlockedError,
    CodeSentRecentlyError,
    CountryNotServedError,
    InvalidRefreshTokenError,
    LastAdminError,
    LoginElsewhereError,
    LoginNeededError,
    PeopleOnlyError,
    RefreshTokenReusedError,
    TooManyGuessesError,
    UnknownSessionError,
    WrongCodeError,
)
from serving.identity.members.grants import BadRoleError, RoleAboveOwnError
from serving.identity.members.invitations import InvalidInvitationError
from serving.identity.members.members import AlreadyMemberError, OwnRoleError, UnknownMemberError
from serving.identity.orgs.branches import UnknownBranchError
from serving.identity.orgs.orgs import UnknownOrgError
from serving.identity.orgs.service_accounts import (
    ScopeNotHeldError,
    ServiceAccountExistsError,
    UnknownScopeError,
    UnknownServiceAccountError,
)

Problems = tuple[AutomartError, ...]
_INVALID_INPUT = InvalidInputError("A service account has a name of 1 to 60 letters on one line.")
BAD_BRANCH = InvalidInputError("There is no branch 'dha' in khan-motors.", code="bad_branch")
CONTACT: Problems = (BadPhoneError(), BadEmailError())
SEND_CODE: Problems = (*CONTACT, CountryNotServedError(), CodeSentRecentlyError(42), LoginElsewhereError())
VERIFY_CODE: Problems = (WrongCodeError(), TooManyGuessesError(3600), BlockedError(), LoginElsewhereError())
REFRESH: Problems = (InvalidRefreshTokenError(), RefreshTokenReusedError(), BlockedError(), LoginElsewhereError())
LOGOUT: Problems = (LoginNeededError(), PeopleOnlyError())
OWN: Problems = (PeopleOnlyError(),)
END_SESSION: Problems = (*OWN, UnknownSessionError())
IN_ORG: Problems = (UnknownOrgError(),)
ADD_BRANCH: Problems = (
    *IN_ORG,
    _INVALID_INPUT,
    ConflictError("Dealer 'khan-motors' has a branch 'dha' already.", code="branch_exists"),
)
CHANGE_BRANCH: Problems = (*IN_ORG, UnknownBranchError())
INVITE: Problems = (*IN_ORG, *CONTACT, RoleAboveOwnError(), BadRoleError(), BAD_BRANCH)
CHANGE_MEMBER: Problems = (
    *IN_ORG,
    UnknownMemberError(),
    OwnRoleError(),
    RoleAboveOwnError(),
    LastAdminError(),
    BadRoleError(),
    BAD_BRANCH,
)
REMOVE_MEMBER: Problems = (*IN_ORG, UnknownMemberError(), OwnRoleError(), RoleAboveOwnError(), LastAdminError())
REVOKE_INVITATION: Problems = (*IN_ORG, InvalidInvitationError())
ACCEPT_INVITATION: Problems = (InvalidInvitationError(), AlreadyMemberError(), BadRoleError(), BAD_BRANCH, *OWN)
ADD_ACCOUNT: Problems = (
    *IN_ORG,
    _INVALID_INPUT,
    ScopeNotHeldError("audit.read"),
    UnknownScopeError("everything"),
    ServiceAccountExistsError("erp"),
)
REVOKE_ACCOUNT: Problems = (*IN_ORG, UnknownServiceAccountError())
PROBLEMS: Problems = (
    *SEND_CODE,
    *VERIFY_CODE,
    *REFRESH,
    *LOGOUT,
    *END_SESSION,
    *ADD_BRANCH,
    *CHANGE_BRANCH,
    *INVITE,
    *CHANGE_MEMBER,
    *ACCEPT_INVITATION,
    *ADD_ACCOUNT,
    *REVOKE_ACCOUNT,
)
