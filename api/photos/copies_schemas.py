"""Requests and answers about photos that other dealers show."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from api.photos.schemas import EXAMPLE_PHOTO_ID
from serving.photos.judgement.copies import ContestedCopy, ContestView, CopiesReport, PhotoCopy

ContestReason = Literal["own_photo", "permitted", "sold_on", "not_same"]
ContestState = Literal["open", "granted", "refused"]
_OTHER = "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5c"
_EVIDENCE: JsonDict = {"points": 214, "alike": 0.93, "covered": 0.88, "mirrored": False}
_COPY: JsonDict = {
    "listing_id": EXAMPLE_PHOTO_ID, "photo_id": EXAMPLE_PHOTO_ID, "first_seen_at": "2026-12-01T10:00:00Z",
    "other_org": "ravi-cars", "other_listing_id": _OTHER, "other_photo_id": _OTHER,
    "other_first_seen_at": "2026-12-04T08:30:00Z", "kind": "same_photo", "evidence": _EVIDENCE, "contest": None,
}  # fmt: skip
_CONTEST: JsonDict = {
    "contest_id": EXAMPLE_PHOTO_ID, "org": "ravi-cars", "photo_id": _OTHER, "other_org": "khan-motors",
    "other_photo_id": EXAMPLE_PHOTO_ID, "reason": "permitted", "state": "open",
    "created_at": "2026-12-05T09:00:00Z", "decided_at": None,
}  # fmt: skip


class CopiesParams(BaseModel):
    """The side of the report."""

    model_config = ConfigDict(extra="forbid")

    first_seen: Literal["here", "elsewhere"] = Field(
        default="here", description="Photos that we first saw at this organisation, or first elsewhere."
    )


class Evidence(BaseModel):
    """The proof that two photos are one. Files that are equal byte by byte have no `points`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EVIDENCE]})

    points: int | None = Field(description="Points that agree in place and look.")
    alike: float = Field(description="The share of blocks that look the same, 0 to 1.")
    covered: float = Field(description="The share of the smaller picture that lies in the other one, 0 to 1.")
    mirrored: bool


class CopyRead(BaseModel):
    """A photo of the organisation, and the same one of another."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COPY]})

    listing_id: UUID
    photo_id: UUID
    first_seen_at: datetime
    other_org: str
    other_listing_id: UUID
    other_photo_id: UUID
    other_first_seen_at: datetime
    kind: Literal["same_file", "same_photo"]
    evidence: Evidence
    contest: ContestState | None = Field(description="The state of the contest by whoever showed it later.")

    @classmethod
    def of(cls, found: PhotoCopy) -> Self:
        """Make it from a line of the report."""
        evidence = {
            "points": found.inliers, "alike": round(found.alike, 3), "covered": round(found.covered, 3),
            "mirrored": found.mirrored,
        }  # fmt: skip
        told: dict[str, Any] = {name: getattr(found, name) for name in cls.model_fields if name != "evidence"}
        return cls.model_validate(told | {"evidence": evidence})


class CopiesRead(BaseModel):
    """A report, the newest pairs first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_COPY], "has_more": False}]})

    items: list[CopyRead]
    has_more: bool = Field(description="Whether there are older pairs besides these 500.")

    @classmethod
    def of(cls, report: CopiesReport) -> Self:
        """Make it from the report."""
        return cls(items=[CopyRead.of(each) for each in report.items], has_more=report.has_more)


class ContestCreate(BaseModel):
    """A contest of one line of the report of photos that were first seen elsewhere."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"photo_id": EXAMPLE_PHOTO_ID, "other_photo_id": _OTHER, "reason": "permitted"}]
        },
    )

    photo_id: UUID = Field(description="One's own photo.")
    other_photo_id: UUID
    reason: ContestReason = Field(
        description="`own_photo`: we took it. `permitted`: we may use it. `sold_on`: the car came with its photos."
        " `not_same`: these are two photos."
    )

    def contested(self) -> ContestedCopy:
        """Return it as the service takes it."""
        return ContestedCopy(self.photo_id, self.other_photo_id, self.reason)


class ContestDecision(BaseModel):
    """A moderator's answer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"decision": "grant"}]})

    decision: Literal["grant", "refuse"]


class ContestRead(BaseModel):
    """A contest: `org` says that its photo is no stolen copy of that of `other_org`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CONTEST]})

    contest_id: UUID
    org: str
    photo_id: UUID
    other_org: str
    other_photo_id: UUID
    reason: ContestReason
    state: ContestState
    created_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, view: ContestView) -> Self:
        """Make it from the service's view."""
        told = {name: getattr(view, name) for name in cls.model_fields if name != "contest_id"}
        return cls.model_validate({"contest_id": view.id, **told})


class ContestList(BaseModel):
    """Contests, the oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_CONTEST]}]})

    items: list[ContestRead]
