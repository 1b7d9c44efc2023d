"""Requests and answers of the photos operations."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import JSON_NUMBER
from core.vocabulary import DocumentKind, PhotoSlot
from serving.photos.addresses import PhotoAddresses
from serving.photos.service import PhotoOrder
from serving.photos.uploading.uploads import UploadAddress, UploadRequest
from serving.photos.views import DocumentView, PhotoView, VariantView

EXAMPLE_PHOTO_ID = "019a2b3c-5e6f-7a80-8b9c-0d1e2f3a4b5c"
_KEY = "6f1d2c3b4a5968778695a4b3c2d1e0f0"
_ContentType = Literal["image/jpeg", "image/png", "image/webp"]
_VARIANT_EXAMPLE: dict[str, Any] = {
    "url": f"https://api.automart.pk/v1/photos/{_KEY}-800.webp",
    "width": 800,
    "height": 600,
    "type": "image/webp",
}
PHOTO_EXAMPLE: dict[str, Any] = {
    "photo_id": EXAMPLE_PHOTO_ID,
    "slot": "front",
    "is_cover": True,
    "variants": [_VARIANT_EXAMPLE],
}
_UPLOAD_EXAMPLE: dict[str, Any] = {
    "method": "PUT",
    "url": f"https://api.automart.pk/v1/photo-uploads/{EXAMPLE_PHOTO_ID}?until=1796112000&signature=00",
    "expires_at": "2026-12-01T10:00:00Z",
    "max_bytes": 20_000_000,
}
_STRICT: ConfigDict = {"extra": "forbid"}


class PhotoCreate(BaseModel):
    """A photo to be uploaded."""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra={"examples": [{"slot": "front", "content_type": "image/jpeg", "size_bytes": 2_400_000}]},
    )

    slot: PhotoSlot = Field(default=PhotoSlot.OTHER, description="The part of the car that it shows.")
    content_type: _ContentType | None = Field(default=None, description="If given, the file must be of this type.")
    size_bytes: Annotated[int, Field(ge=1), JSON_NUMBER] | None = Field(
        default=None, description="If given, a file that is too large is refused before it is sent."
    )

    def wanted(self) -> UploadRequest:
        """Make the service's request."""
        return UploadRequest("photo", self.slot.value, self.content_type, self.size_bytes)


class DocumentCreate(BaseModel):
    """A picture of a car's paper to be uploaded."""

    model_config = ConfigDict(**_STRICT, json_schema_extra={"examples": [{"kind": "registration_book"}]})

    kind: DocumentKind = Field(description="The paper that it shows.")
    content_type: _ContentType | None = Field(default=None, description="If given, the file must be of this type.")
    size_bytes: Annotated[int, Field(ge=1), JSON_NUMBER] | None = Field(
        default=None, description="If given, a file that is too large is refused before it is sent."
    )

    def wanted(self) -> UploadRequest:
        """Make the service's request."""
        return UploadRequest("document", self.kind.value, self.content_type, self.size_bytes)


class UploadRead(BaseModel):
    """The request that uploads the file: the bytes are its body, and it needs no login."""

    method: Literal["PUT"]
    url: str = Field(description="Signed. Whoever has it can upload until it ends; nothing is served from there.")
    expires_at: datetime
    max_bytes: int

    @classmethod
    def of(cls, address: UploadAddress) -> Self:
        """Make it from the service's view."""
        return cls(method="PUT", url=address.url, expires_at=address.expires_at, max_bytes=address.max_bytes)


class PhotoUploadRead(BaseModel):
    """A photo to be: upload the file, then confirm it under this id."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"photo_id": EXAMPLE_PHOTO_ID, "upload": _UPLOAD_EXAMPLE}]}
    )

    photo_id: UUID
    upload: UploadRead


class DocumentUploadRead(BaseModel):
    """A document to be: upload the file, then confirm it under this id."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"document_id": EXAMPLE_PHOTO_ID, "upload": _UPLOAD_EXAMPLE}]}
    )

    document_id: UUID
    upload: UploadRead


class VariantRead(BaseModel):
    """One size of a photo in one format, without metadata."""

    url: str = Field(description="Plain for a car that everybody may see; else it ends within 5 minutes.")
    width: int
    height: int
    type: Literal["image/jpeg", "image/webp"]

    @classmethod
    def of(cls, variant: VariantView, photo: PhotoView, addresses: PhotoAddresses) -> Self:
        """Make it from the views of a photo and one of its variants."""
        return cls(
            url=addresses.of_variant(photo.public_key, variant.name, is_open=photo.is_open),
            width=variant.width,
            height=variant.height,
            type="image/webp" if variant.name.endswith(".webp") else "image/jpeg",
        )


class PhotoRead(BaseModel):
    """A photo of a car."""

    model_config = ConfigDict(json_schema_extra={"examples": [PHOTO_EXAMPLE]})

    photo_id: UUID
    slot: PhotoSlot
    is_cover: bool
    variants: list[VariantRead] = Field(description="The smallest first: within 320, 800 and 1600 pixels a side.")

    @classmethod
    def of(cls, view: PhotoView, addresses: PhotoAddresses) -> Self:
        """Make it from the service's view."""
        return cls(
            photo_id=view.id,
            slot=PhotoSlot(view.slot),
            is_cover=view.is_cover,
            variants=[VariantRead.of(each, view, addresses) for each in view.variants],
        )


class PhotoOrderUpdate(BaseModel):
    """The photos of a listing in a new order."""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra={
            "examples": [
                {"photo_ids": [EXAMPLE_PHOTO_ID], "cover": EXAMPLE_PHOTO_ID, "slots": {EXAMPLE_PHOTO_ID: "front"}}
            ]
        },
    )

    photo_ids: list[UUID] = Field(max_length=200, description="Every photo of the listing, once.")
    cover: UUID | None = Field(default=None, description="The photo for lists; null: the first one.")
    slots: dict[UUID, PhotoSlot] = Field(default={}, max_length=200, description="Slots that change, by photo.")

    def order(self) -> PhotoOrder:
        """Make the service's order."""
        return PhotoOrder(self.photo_ids, self.cover, {key: slot.value for key, slot in self.slots.items()})


class DocumentRead(BaseModel):
    """A document of a listing; its picture is at `GET …/documents/{document_id}`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "document_id": EXAMPLE_PHOTO_ID,
                    "kind": "registration_book",
                    "width": 1600,
                    "height": 1200,
                    "created_at": "2026-12-01T10:00:00Z",
                }
            ]
        }
    )

    document_id: UUID
    kind: DocumentKind
    width: int
    height: int
    created_at: datetime

    @classmethod
    def of(cls, view: DocumentView) -> Self:
        """Make it from the service's view."""
        return cls(
            document_id=view.id,
            kind=DocumentKind(view.kind),
            width=view.width,
            height=view.height,
            created_at=view.created_at,
        )


class DocumentList(BaseModel):
    """The documents of a listing, the oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"documents": []}]})

    documents: list[DocumentRead]
