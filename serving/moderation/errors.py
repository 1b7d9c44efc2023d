"""Errors of the moderation domain, one class for each code."""

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, PermanentError
from pipelines.moderation.findings import Finding


class EditBreaksRulesError(InvalidInputError):
    """An edit of an ad on offer would break a rule; nothing was changed."""

    code = "edit_breaks_rules"

    def __init__(self, findings: Iterable[Finding]) -> None:
        told = " ".join(f"{each.field or 'The ad'} ({each.code}): {each.kind.en}" for each in findings)
        super().__init__(f"The change breaks rules, and the ad stays as it is. {told}")


class EditNeedsReviewError(ConflictError):
    """An edit of a reserved ad would need a review, for which the ad would leave the market."""

    code = "edit_needs_review"

    def __init__(self, findings: Iterable[Finding]) -> None:
        told = " ".join(each.kind.en for each in findings)
        super().__init__(f"A person would have to look at this change: end the reservation first. {told}")


class CaseNotFoundError(NotFoundError):
    """There is no such case of moderation."""

    code = "case_not_found"

    def __init__(self, case_id: UUID) -> None:
        super().__init__(f"There is no case {case_id}.")


class CaseClosedError(ConflictError):
    """Somebody else decided the case, or its owner took the listing back."""

    code = "case_closed"

    def __init__(self, outcome: str) -> None:
        super().__init__(f"The case is closed already: {outcome}. Take the next one of the queue.")


class CaseChangedError(PermanentError):
    """The listing is not as the moderator read it."""

    code = "case_changed"
    http_status: ClassVar[int] = 412

    def __init__(self) -> None:
        super().__init__(
            "The listing has changed since you read it: read the queue again, and send its new etag in If-Match."
        )


class ReasonNeededError(InvalidInputError):
    """A rejection says why, so that the owner can mend it."""

    code = "reason_needed"

    def __init__(self) -> None:
        super().__init__("A rejection names at least one reason, and `other_reason` a note; an approval names none.")


class NotRejectedError(ConflictError):
    """Only a rejected listing can be appealed for."""

    code = "not_rejected"

    def __init__(self, status: str) -> None:
        super().__init__(f"Only a rejected listing can be appealed for; this one is {status}.")


class OwnCaseError(ForbiddenError):
    """Nobody decides about their own ad."""

    code = "own_case"

    def __init__(self) -> None:
        super().__init__("You cannot decide about your own ad: leave it to another moderator.")
