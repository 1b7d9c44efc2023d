"""Photos as those see them who manage the car: with state, score, advice, and what was found."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.photos.schemas import EXAMPLE_PHOTO_ID, PHOTO_EXAMPLE, PhotoRead, VariantRead
from core.vocabulary import PhotoSlot
from serving.photos.addresses import PhotoAddresses
from serving.photos.judgement.judged import AdviceView, JudgedView, ListingJudgedView
from serving.photos.views import ListedPhotos, PhotoView

_ADVICE_EXAMPLE: dict[str, Any] = {"code": "blurred", "en": "Hold the phone still and tap on the car.", "ur": "…"}
_JUDGEMENT_EXAMPLE: dict[str, Any] = {
    "state": "done",
    "code": None,
    "score": 88,
    "advice": [_ADVICE_EXAMPLE],
    "vehicle": 0.97,
    "notes": [],
    "width": 1600,
    "height": 1200,
    "plates": [[410, 620, 590, 665]],
    "drawn": [],
    "appeal": None,
}
_MANAGED_EXAMPLE: dict[str, Any] = {
    **PHOTO_EXAMPLE,
    "is_public": True,
    "plates": "done",
    "origin": "upload",
    "judgement": _JUDGEMENT_EXAMPLE,
    "cleaned": [],
}
Area = Annotated[list[int], Field(min_length=4, max_length=4)]


class AdviceRead(BaseModel):
    """A fault of a photo that costs points, and the way to mend it."""

    code: str
    en: str = Field(description="In English.")
    ur: str = Field(description="In Urdu.")

    @classmethod
    def of(cls, view: AdviceView) -> Self:
        """Make it from the service's view."""
        return cls(code=view.code, en=view.english, ur=view.urdu)


class JudgementRead(BaseModel):
    """The platform's findings in a photo. Areas are left, top, right, bottom in `width` by `height` pixels."""

    state: Literal["waiting", "running", "done", "failed"]
    code: str | None = Field(description="Why it could not be judged; such a photo is not shown.")
    score: int | None = Field(description="0 to 100.")
    advice: list[AdviceRead] = Field(description="The dearest first.")
    vehicle: float | None = Field(description="How likely it shows a vehicle, 0 to 1.")
    notes: list[Literal["car_gate_off"]] = Field(description="`car_gate_off`: vehicles were not looked for.")
    width: int
    height: int
    plates: list[Area] = Field(description="Areas that were found.")
    drawn: list[Area] = Field(description="Areas that people drew.")
    appeal: Literal["unblur", "missed_plate"] | None = Field(description="The appeal that waits for a moderator.")

    @classmethod
    def of(cls, view: JudgedView) -> Self:
        """Make it from the service's view."""
        return cls.model_validate(
            {
                "state": view.state,
                "code": view.code,
                "score": view.score,
                "advice": [AdviceRead.of(each) for each in view.advice],
                "vehicle": view.vehicle,
                "notes": ["car_gate_off"] if view.car_gate_off else [],
                "width": view.width,
                "height": view.height,
                "plates": [list(box) for box in view.plates],
                "drawn": [list(box) for box in view.drawn],
                "appeal": view.appeal,
            }
        )


class ManagedPhotoRead(PhotoRead):
    """A photo in the list of a car's photos."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MANAGED_EXAMPLE]})

    is_public: bool = Field(description="Everybody sees it at this moment.")
    plates: Literal["pending", "done", "waived", "held"] = Field(
        description="Whether its number plates are covered. While it is `pending`, others do not see it; a `held` one"
        " shows a paper, and others never see it."
    )
    origin: Literal["upload", "feed"]
    judgement: JudgementRead | None = Field(description="For those who manage the car.")
    cleaned: list[VariantRead] = Field(
        description="With a clean background, beside `variants`; empty unless the organisation chose it."
    )

    @classmethod
    def of(cls, view: PhotoView, addresses: PhotoAddresses) -> Self:
        """Make it from the service's view."""
        plain = PhotoRead.of(view, addresses)
        judgement = None if view.judged is None else JudgementRead.of(view.judged)
        more: dict[str, Any] = {
            "is_public": view.is_open,
            "plates": view.plates,
            "origin": view.origin,
            "judgement": judgement,
        }
        more["cleaned"] = [VariantRead.of(each, view, addresses) for each in view.cleaned]
        return cls.model_validate(plain.model_dump() | more)


class PhotosJudgementRead(BaseModel):
    """The score of a car's photos together."""

    score: int | None = Field(description="0 to 100; null while no photo has a score.")
    advice: list[AdviceRead]
    missing_slots: list[PhotoSlot] = Field(description="Views that buyers look for.")
    better_cover: UUID | None = Field(description="The photo that would be a better cover.")
    retake: UUID | None = Field(description="The photo most worth taking again.")
    is_current: bool = Field(description="Whether the photos are judged as they are now.")

    @classmethod
    def of(cls, view: ListingJudgedView) -> Self:
        """Make it from the service's view."""
        return cls(
            score=view.score,
            advice=[AdviceRead.of(each) for each in view.advice],
            missing_slots=[PhotoSlot(slot) for slot in view.missing_slots],
            better_cover=view.better_cover,
            retake=view.retake,
            is_current=view.scored,
        )


class PhotoList(BaseModel):
    """The photos of a listing, in order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "photos": [_MANAGED_EXAMPLE],
                    "judgement": {
                        "score": 71,
                        "advice": [_ADVICE_EXAMPLE],
                        "missing_slots": ["engine"],
                        "better_cover": None,
                        "retake": EXAMPLE_PHOTO_ID,
                        "is_current": True,
                    },
                }
            ]
        }
    )

    photos: list[ManagedPhotoRead]
    judgement: PhotosJudgementRead | None = Field(description="For those who manage the car.")

    @classmethod
    def of(cls, listed: ListedPhotos, addresses: PhotoAddresses) -> Self:
        """Make it from the service's views."""
        judgement = None if listed.judged is None else PhotosJudgementRead.of(listed.judged)
        return cls(photos=[ManagedPhotoRead.of(view, addresses) for view in listed.photos], judgement=judgement)
