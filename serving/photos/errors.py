"""Errors of the photos domain, one class for each code; refusals of images are in `pipelines.photos.errors`."""

from uuid import UUID

from core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RateLimitedError,
    RetryableError,
)
from pipelines.photos.contents import ContentGoneError
from pipelines.photos.errors import ALL_REFUSALS, ImageRefusedError

__all__ = [
    "ALL_REFUSALS",
    "AppealNotOpenError",
    "AppealOpenError",
    "BoxOutsideError",
    "ContentGoneError",
    "ContestNotFoundError",
    "ContestNotOpenError",
    "CopyContestedError",
    "CopyNotFoundError",
    "DocumentNotFoundError",
    "ImageRefusedError",
    "NotUploadedError",
    "NothingCoveredError",
    "OrderIncompleteError",
    "PhotoNotFoundError",
    "PhotosBusyError",
    "TooManyBoxesError",
    "TooManyPhotosError",
    "TooManyUploadsError",
    "UploadAddressRefusedError",
    "UploadTooLargeError",
]


class PhotoNotFoundError(NotFoundError):
    """There is no such photo, or the caller may not see it."""

    code = "photo_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such photo; its car may have been sold or withdrawn.")


class DocumentNotFoundError(NotFoundError):
    """There is no such document of this listing."""

    code = "document_not_found"

    def __init__(self, document_id: UUID) -> None:
        super().__init__(f"There is no document {document_id} of this listing.")


class NotUploadedError(ConflictError):
    """Nothing was uploaded to the address yet."""

    code = "not_uploaded"

    def __init__(self) -> None:
        super().__init__("Nothing was uploaded yet: PUT the file to the upload address first, then confirm.")


class UploadAddressRefusedError(ForbiddenError):
    """The upload address has ended, was used, or is none of ours."""

    code = "upload_address_refused"

    def __init__(self) -> None:
        super().__init__("This upload address has ended or was confirmed already: ask for a new one.")


class UploadTooLargeError(InvalidInputError):
    """The upload has more bytes than a photo or a document may have."""

    code = "upload_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"The file is larger than {most // 1_000_000} MB: send it in a lower quality.")


class TooManyPhotosError(ConflictError):
    """The listing has as many photos as it may have."""

    code = "too_many_photos"

    def __init__(self, most: int) -> None:
        super().__init__(f"A listing has at most {most} photos: delete one first, or let open uploads end.")


class TooManyUploadsError(RateLimitedError):
    """The caller was given as many upload addresses as there are in a day."""

    code = "too_many_uploads"

    def __init__(self, most: int) -> None:
        super().__init__(f"At most {most} upload addresses are given in 24 hours: try again later.", retry_after=3_600)


class PhotosBusyError(RetryableError):
    """As many images are being decoded as may be at once."""

    code = "photos_busy"
    retry_after = 3

    def __init__(self) -> None:
        super().__init__("Other photos are being worked on: confirm again in a few seconds.")


class OrderIncompleteError(InvalidInputError):
    """The order does not name each photo of the listing once."""

    code = "photo_order_incomplete"

    def __init__(self) -> None:
        super().__init__("Name each photo of the listing once, and as cover or with a slot only photos of the listing.")


class AppealOpenError(ConflictError):
    """The photo has an appeal that waits for a moderator."""

    code = "photo_appeal_open"

    def __init__(self) -> None:
        super().__init__("The last appeal about this photo waits for a moderator.")


class AppealNotOpenError(ConflictError):
    """There is no appeal to decide."""

    code = "photo_appeal_not_open"

    def __init__(self) -> None:
        super().__init__("There is no open appeal about this photo; it may have just been decided.")


class NothingCoveredError(ConflictError):
    """The photo shows nothing covered that could be uncovered."""

    code = "photo_not_covered"

    def __init__(self) -> None:
        super().__init__("Nothing is covered on this photo, or it is not judged yet.")


class BoxOutsideError(InvalidInputError):
    """An area is not inside the photo, or has no size."""

    code = "box_outside_photo"

    def __init__(self, width: int, height: int) -> None:
        super().__init__(
            f"Give each area as left, top, right, bottom within {width} x {height} pixels, at least 4 pixels a side."
        )


class TooManyBoxesError(ConflictError):
    """The photo would have more areas drawn by hand than it may."""

    code = "too_many_boxes"

    def __init__(self, most: int) -> None:
        super().__init__(f"A photo has at most {most} areas that people drew: upload another photo instead.")


class CopyNotFoundError(NotFoundError):
    """The report does not say that this photo was first seen elsewhere."""

    code = "photo_copy_not_found"

    def __init__(self) -> None:
        super().__init__("Your report names no such pair of photos as first seen elsewhere: read the report again.")


class CopyContestedError(ConflictError):
    """The two photos were contested before."""

    code = "photo_copy_contested"

    def __init__(self) -> None:
        super().__init__("These two photos were contested before; the report says what came of it.")


class ContestNotFoundError(NotFoundError):
    """There is no such contest, or one of its photos was deleted."""

    code = "photo_contest_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such contest: one of its photos may have been deleted.")


class ContestNotOpenError(ConflictError):
    """The contest was decided."""

    code = "photo_contest_not_open"

    def __init__(self) -> None:
        super().__init__("Another moderator has decided this contest: take the next one.")
