"""Requests and answers of the moderation operations."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.listings.car import CarFields
from api.listings.write_schemas import CAR_EXAMPLE
from api.parameters import EXAMPLE_LISTING_ID, SOUND_TEXT, VISIBLE, WHOLE, OptionalParam
from core.vocabulary import ListingStatus
from serving.moderation.decisions import Decision
from serving.moderation.queue import QueuedCase, QueuePage, QueueQuery
from serving.moderation.standing import Standing
from serving.moderation.views import CaseKind, CaseOutcome, Decider, FindingCode, FindingView, Weight

EXAMPLE_CASE_ID = "019a2b3c-5e6f-7a80-8b9c-0d1e2f3a4b5d"
_FINDING: dict[str, JsonValue] = {
    "code": "price_too_low",
    "weight": "doubt",
    "field": "price_pkr",
    "text_en": "The price is far below what such cars cost; a person will look at it.",
    "text_ur": "قیمت ایسی گاڑیوں کی قیمت سے بہت کم ہے؛ ہمارا عملہ اسے دیکھے گا۔",
}
_STANDING: dict[str, JsonValue] = {
    "listing_id": str(EXAMPLE_LISTING_ID),
    "status": "in_review",
    "case_id": EXAMPLE_CASE_ID,
    "kind": "submission",
    "opened_at": "2026-05-02T08:15:00Z",
    "findings": [_FINDING],
    "statement": None,
    "closed_at": None,
    "outcome": None,
    "decided_by": None,
    "reasons": [],
    "note": None,
    "may_appeal": False,
}
_QUEUED: dict[str, JsonValue] = {
    "case_id": EXAMPLE_CASE_ID,
    "kind": "submission",
    "opened_at": "2026-05-02T08:15:00Z",
    "etag": '"2"',
    "is_judged": True,
    "findings": [_FINDING],
    "statement": None,
    "org": "classifieds",
    "source": "private",
    "listing": CAR_EXAMPLE,
}
_Statement = Annotated[str, Field(min_length=1, max_length=2_000), SOUND_TEXT, VISIBLE]


class FindingRead(BaseModel):
    """A finding of a rule, or a reason of a decision."""

    code: FindingCode
    weight: Weight = Field(description="For private ads: `reject`, `doubt` (a person looks) or `note`.")
    field: str | None = Field(description="The field of the listing where it was found.")
    text_en: str
    text_ur: str

    @classmethod
    def of(cls, view: FindingView) -> Self:
        """Make it from the service's view."""
        return cls(**vars(view))


class StandingRead(BaseModel):
    """The moderation of a car. Without a case it has never been in review."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STANDING]})

    listing_id: UUID
    status: ListingStatus
    case_id: UUID | None
    kind: CaseKind | None
    opened_at: datetime | None
    findings: list[FindingRead] = Field(description="Of the rules; on a dealer's car they block nothing.")
    statement: str | None = Field(description="What its owner said in the appeal.")
    closed_at: datetime | None
    outcome: CaseOutcome | None
    decided_by: Decider | None
    reasons: list[FindingRead] = Field(description="Of the last decision.")
    note: str | None = Field(description="Of the moderator, for the owner.")
    may_appeal: bool

    @classmethod
    def of(cls, view: Standing) -> Self:
        """Make it from the service's view."""
        case = view.case
        told: dict[str, Any] = {
            name: getattr(case, name, None)
            for name in ("kind", "opened_at", "statement", "closed_at", "outcome", "decided_by", "note")
        }
        told |= {"findings": _findings(view.findings), "reasons": _findings(view.reasons)}
        told |= {"case_id": getattr(case, "id", None), "may_appeal": view.may_appeal}
        return cls(listing_id=view.listing_id, status=ListingStatus(view.status), **told)


class QueuedCaseRead(BaseModel):
    """A case that waits for a person."""

    model_config = ConfigDict(json_schema_extra={"examples": [_QUEUED]})

    case_id: UUID
    kind: CaseKind
    opened_at: datetime
    etag: str = Field(description="Send it in If-Match with the decision: it names the listing as it is here.")
    is_judged: bool = Field(description="Whether `findings` are of the listing as it is here.")
    findings: list[FindingRead]
    statement: str | None = Field(description="What its owner said in the appeal.")
    org: str
    source: str = Field(description="feed, form, private or api.")
    listing: CarFields

    @classmethod
    def of(cls, view: QueuedCase) -> Self:
        """Make it from the service's view."""
        case, car = view.case, view.listing
        return cls(
            case_id=case.id,
            kind=CaseKind(case.kind),
            opened_at=case.opened_at,
            etag=view.etag,
            is_judged=view.is_judged,
            findings=_findings(view.findings),
            statement=case.statement,
            org=view.org,
            source=car.source,
            listing=CarFields(**{name: getattr(car, name) for name in CarFields.model_fields}),
        )


class QueueRead(BaseModel):
    """Cases that wait, the oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_QUEUED], "next_cursor": None}]})

    items: list[QueuedCaseRead]
    next_cursor: UUID | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")

    @classmethod
    def of(cls, page: QueuePage) -> Self:
        """Make it from the service's page."""
        return cls(items=[QueuedCaseRead.of(each) for each in page.items], next_cursor=page.next_cursor)


class QueueParams(BaseModel):
    """The part of the queue to read."""

    model_config = ConfigDict(extra="forbid")

    kind: list[CaseKind] = Field(default=[], max_length=4, description="Of these kinds alone.")
    finding: list[FindingCode] = Field(default=[], max_length=20, description="With one of these findings.")
    cursor: OptionalParam[UUID] = Field(default=None, description="`next_cursor` of the page before.")
    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = Field(default=50, description="Cases on a page.")

    def query(self) -> QueueQuery:
        """Return it for the service."""
        return QueueQuery(self.kind, self.finding, self.cursor, self.limit)


class DecisionCreate(BaseModel):
    """A moderator's decision."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"decision": "reject", "reasons": ["photos_misleading"], "note": None}]},
    )

    decision: Literal["approve", "reject"]
    reasons: Annotated[list[FindingCode], Field(max_length=20)] = Field(
        default=[], description="Needed to reject; none with an approval."
    )
    note: _Statement | None = Field(default=None, description="For the owner; needed with `other_reason`.")

    def made(self) -> Decision:
        """Return it for the service."""
        return Decision(self.decision, [str(code) for code in self.reasons], self.note)


class AppealCreate(BaseModel):
    """Why a rejected car should be on offer."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"statement": "The number in the text is the chassis number."}]}
    )

    statement: _Statement


def _findings(findings: Any) -> list[FindingRead]:  # noqa: ANN401
    return [FindingRead.of(view) for view in FindingView.all(findings)]
