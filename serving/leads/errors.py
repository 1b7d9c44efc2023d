"""Errors of the leads domain, one class for each code."""

from typing import ClassVar
from uuid import UUID

from core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, PermanentError


class LeadNotFoundError(NotFoundError):
    """There is no such lead, or it is not the caller's."""

    code = "lead_not_found"

    def __init__(self, lead_id: UUID) -> None:
        super().__init__(f"There is no lead {lead_id} that you may see.")


class ContactNeededError(InvalidInputError):
    """Nobody could answer the buyer."""

    code = "contact_needed"

    def __init__(self) -> None:
        super().__init__(
            "Say how you can be answered: log in with a phone, or send a `contact_proof` of POST /v1/auth/otp/verify."
        )


class OwnCarError(ConflictError):
    """Sellers ask nothing about their own cars."""

    code = "own_car"

    def __init__(self) -> None:
        super().__init__("This car is offered by yourself, or by an organisation that you belong to.")


class AutomaticMailError(InvalidInputError):
    """Bounces and automatic mail make no lead, and are never answered."""

    code = "automatic_mail"

    def __init__(self) -> None:
        super().__init__("This is automatic mail (by its headers, or by its empty return path): it makes no lead.")


class EmptyMessageError(InvalidInputError):
    """A partner's system sent nothing."""

    code = "empty_message"

    def __init__(self) -> None:
        super().__init__("The message is empty: send an ADF document, or a mail with its headers.")


class DetailsNeededError(InvalidInputError):
    """A type of lead lacks what it is about."""

    code = "details_needed"

    def __init__(self, lead_type: str, name: str) -> None:
        super().__init__(f"A lead of type {lead_type} needs `{name}`.")


class LeadClosedError(ConflictError):
    """The lead is merged into another one, where it goes on."""

    code = "lead_merged"

    def __init__(self, into: UUID | None) -> None:
        super().__init__(f"This lead was merged: it goes on as {into}.")


class BadLeadEventError(InvalidInputError):
    """An event lacks what its kind needs, or happened at an impossible time."""

    code = "bad_lead_event"


class LeadChangedSinceError(PermanentError):
    """The lead is not as the caller read it."""

    code = "lead_changed"
    http_status: ClassVar[int] = 412

    def __init__(self) -> None:
        super().__init__("The lead has changed since you read it: read it again, and send its new etag in If-Match.")


class AttachmentNotFoundError(NotFoundError):
    """The lead has no such file, or it is not for the caller."""

    code = "attachment_not_found"

    def __init__(self, attachment_id: UUID) -> None:
        super().__init__(f"This lead has no file {attachment_id} that you may see.")


class BadAttachmentError(InvalidInputError):
    """A file is empty, or no PDF document though it is announced as one."""

    code = "bad_attachment"


class TooManyAttachmentsError(ConflictError):
    """The buyer, or the desk, has added as many files to the lead as each may."""

    code = "too_many_attachments"

    def __init__(self, most: int) -> None:
        super().__init__(f"You have added {most} files to this lead, and no more are kept: write what is missing.")


class BuyerErasedError(ConflictError):
    """The buyer has asked to be forgotten: nothing more is kept of the buyer."""

    code = "buyer_erased"

    def __init__(self) -> None:
        super().__init__("This buyer was erased, and nothing more is kept of the buyer: add no texts or files.")


class UnknownOwnerError(InvalidInputError):
    """The person cannot have the lead."""

    code = "unknown_owner"

    def __init__(self) -> None:
        super().__init__("This person cannot have the lead: name a member of the organisation whose branches it is in.")


class OnlyYourselfError(ForbiddenError):
    """Agents take leads over for themselves; managers give them to others."""

    code = "only_yourself"

    def __init__(self) -> None:
        super().__init__("You may take leads yourself; giving them to others is for managers and administrators.")


class DeskChangedError(PermanentError):
    """The settings are not as the caller read them."""

    code = "desk_changed"
    http_status: ClassVar[int] = 412

    def __init__(self) -> None:
        super().__init__("These settings changed since you read them: read them again, and send their new etag.")


class BadRulesError(InvalidInputError):
    """The rules of assignment name somebody or something that there is not."""

    code = "bad_assignment_rules"


class NothingToExportError(InvalidInputError):
    """An ADF document holds at least one lead."""

    code = "nothing_to_export"

    def __init__(self) -> None:
        super().__init__("No lead matches, and an ADF document holds at least one: widen the filters, or ask for JSON.")
