"""Problems of the moderation operations."""

from api.parameters import EXAMPLE_LISTING_ID
from core.errors import AutomartError
from serving.listings.errors import IfMatchNeededError, ListingNotFoundError
from serving.moderation.errors import (
    CaseChangedError,
    CaseClosedError,
    CaseNotFoundError,
    NotRejectedError,
    OwnCaseError,
    ReasonNeededError,
)

_LISTING = ListingNotFoundError(EXAMPLE_LISTING_ID)
STANDING_PROBLEMS: tuple[AutomartError, ...] = (_LISTING,)
APPEAL_PROBLEMS: tuple[AutomartError, ...] = (_LISTING, NotRejectedError("live"))
DECISION_PROBLEMS: tuple[AutomartError, ...] = (
    CaseNotFoundError(EXAMPLE_LISTING_ID),
    CaseClosedError("approved"),
    CaseChangedError(),
    IfMatchNeededError(),
    OwnCaseError(),
    ReasonNeededError(),
)
PROBLEMS = (*STANDING_PROBLEMS, *APPEAL_PROBLEMS, *DECISION_PROBLEMS)
