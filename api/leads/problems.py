"""Problems of the leads operations."""

from api.leads.ask_schemas import EXAMPLE_LEAD_ID
from api.parameters import EXAMPLE_LISTING_ID
from core.access.acting import NotAMemberError, OrgRequiredError
from core.errors import AutomartError, ForbiddenError
from core.identity.contacts import BadEmailError
from serving.identity.errors import PeopleOnlyError
from serving.identity.logins.login import BadProofError
from serving.identity.orgs.orgs import UnknownOrgError
from serving.leads.desk.desks import (
    BadCalendarError,
    BadSlaPolicyError,
    CalendarNeverOpensError,
    CalendarTooSeldomError,
)
from serving.leads.errors import (
    AttachmentNotFoundError,
    BadAttachmentError,
    BadLeadEventError,
    BadRulesError,
    BuyerErasedError,
    ContactNeededError,
    DeskChangedError,
    DetailsNeededError,
    EmptyMessageError,
    LeadChangedSinceError,
    LeadClosedError,
    LeadNotFoundError,
    NothingToExportError,
    OnlyYourselfError,
    OwnCarError,
    TooManyAttachmentsError,
    UnknownOwnerError,
)
from serving.leads.intake.importing import EntitiesRefusedError
from serving.listings.errors import IfMatchNeededError, ListingNotFoundError
from serving.photos.errors import ALL_REFUSALS, PhotosBusyError
from serving.price_bands.errors import InvalidCarError

ASK_PROBLEMS: tuple[AutomartError, ...] = (
    ListingNotFoundError(EXAMPLE_LISTING_ID),
    DetailsNeededError("offer", "offer_pkr"),
    ContactNeededError(),
    OwnCarError(),
    BadProofError(),
    BadEmailError(),
    InvalidCarError("model_year 1492 is not between 1900 and 2100"),
)
IMPORT_PROBLEMS: tuple[AutomartError, ...] = (
    NotAMemberError(),
    OrgRequiredError(),
    EmptyMessageError(),
    EntitiesRefusedError(),
)
LIST_PROBLEMS: tuple[AutomartError, ...] = (
    ForbiddenError("This needs the permission 'leads.read'."),
    NotAMemberError(),
    OrgRequiredError(),
)
SUMMARY_PROBLEMS: tuple[AutomartError, ...] = (NotAMemberError(), OrgRequiredError())
EXPORT_PROBLEMS: tuple[AutomartError, ...] = (*SUMMARY_PROBLEMS, NothingToExportError())
READ_PROBLEMS: tuple[AutomartError, ...] = (LeadNotFoundError(EXAMPLE_LEAD_ID),)
_CHANGE: tuple[AutomartError, ...] = (
    *READ_PROBLEMS,
    LeadClosedError(EXAMPLE_LEAD_ID),
    LeadChangedSinceError(),
    BadLeadEventError("An event of kind note needs `text`."),
)
WORK_PROBLEMS: tuple[AutomartError, ...] = (*_CHANGE, PeopleOnlyError(), BuyerErasedError())
ATTACH_PROBLEMS: tuple[AutomartError, ...] = (
    *READ_PROBLEMS,
    LeadClosedError(EXAMPLE_LEAD_ID),
    BuyerErasedError(),
    TooManyAttachmentsError(20),
    BadAttachmentError("The file is no PDF document: it does not begin and end as one."),
    *ALL_REFUSALS,
    PhotosBusyError(),
)
ATTACHMENT_PROBLEMS: tuple[AutomartError, ...] = (*READ_PROBLEMS, AttachmentNotFoundError(EXAMPLE_LEAD_ID))
ASSIGN_PROBLEMS: tuple[AutomartError, ...] = (*_CHANGE, OnlyYourselfError(), UnknownOwnerError())
MERGE_PROBLEMS: tuple[AutomartError, ...] = _CHANGE
REASSIGN_PROBLEMS: tuple[AutomartError, ...] = (
    *SUMMARY_PROBLEMS,
    UnknownOwnerError(),
    BadLeadEventError("Name `lead_ids` or `from_owner_id`."),
)
DESK_PROBLEMS: tuple[AutomartError, ...] = (UnknownOrgError(),)
_DESK_CHANGE: tuple[AutomartError, ...] = (*DESK_PROBLEMS, IfMatchNeededError(), DeskChangedError())
CALENDAR_PROBLEMS: tuple[AutomartError, ...] = (
    *_DESK_CHANGE,
    BadCalendarError(["week.mon[0]: write it as 09:00-18:00"]),
    CalendarNeverOpensError(),
    CalendarTooSeldomError(60, 20),
)
POLICY_PROBLEMS: tuple[AutomartError, ...] = (
    *_DESK_CHANGE,
    BadSlaPolicyError(["first_answer.minutes: Input should be at most 525600"]),
    CalendarNeverOpensError(),
    CalendarTooSeldomError(60, 20),
)
RULES_PROBLEMS: tuple[AutomartError, ...] = (*_DESK_CHANGE, BadRulesError("There is no branch gulberg."))
PROBLEMS = (
    *ASK_PROBLEMS,
    *IMPORT_PROBLEMS,
    *LIST_PROBLEMS,
    *WORK_PROBLEMS,
    *ATTACH_PROBLEMS,
    *ATTACHMENT_PROBLEMS,
    *ASSIGN_PROBLEMS,
    *REASSIGN_PROBLEMS,
    *CALENDAR_PROBLEMS,
    *POLICY_PROBLEMS,
    *RULES_PROBLEMS,
)
