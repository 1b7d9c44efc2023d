"""Photos and documents as they leave the platform."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from serving.photos.judgement.judged import JudgedView, ListingJudgedView


@dataclass(frozen=True, slots=True)
class VariantView:
    """One size of a photo in one format; `name` is the end of its address."""

    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PhotoView:
    """A photo of a listing. `is_open`: everybody may see it at this moment, so its address needs no signature."""

    id: UUID
    public_key: str
    slot: str
    is_cover: bool
    is_open: bool
    plates: str
    origin: str
    variants: tuple[VariantView, ...]
    judged: "JudgedView | None" = None  # for those who manage the car
    cleaned: tuple[VariantView, ...] = ()  # with a clean background, beside the others


@dataclass(frozen=True, slots=True)
class ListedPhotos:
    """The photos of a listing in order; `judged` is for those who manage the car."""

    photos: list[PhotoView]
    judged: "ListingJudgedView | None" = None


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document of a listing."""

    id: UUID
    kind: str
    width: int
    height: int
    created_at: datetime


def variant_views(stored: Iterable[dict[str, Any]]) -> tuple[VariantView, ...]:
    """Read the variants of a content as its row holds them."""
    return tuple(VariantView(each["name"], each["width"], each["height"]) for each in stored)
