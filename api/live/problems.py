"""Errors that the live operations document."""

from core.access.acting import NotAMemberError, OrgRequiredError
from serving.live.errors import BadPositionError, TooManyConnectionsError

PROBLEMS = (NotAMemberError(), OrgRequiredError(), BadPositionError(), TooManyConnectionsError())
