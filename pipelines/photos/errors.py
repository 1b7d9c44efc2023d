"""Reasons for which an image is refused, one class for each code."""

from core.errors import InvalidInputError


class ImageRefusedError(InvalidInputError):
    """The bytes are no image that is taken; nothing of them is kept."""

    code = "image_refused"


class EmptyImageError(ImageRefusedError):
    """There are no bytes."""

    code = "image_empty"

    def __init__(self) -> None:
        super().__init__("The file is empty: send the photo again.")


class ImageFileTooLargeError(ImageRefusedError):
    """The file has more bytes than a photo may have."""

    code = "image_file_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"The file is larger than {most // 1_000_000} MB: send the photo in a lower quality.")


class UnsupportedImageError(ImageRefusedError):
    """The bytes are of another type than JPEG, PNG or WebP."""

    code = "unsupported_image_type"

    def __init__(self, found: str = "of an unknown type") -> None:
        super().__init__(f"The file is {found}: send a JPEG, PNG or WebP image.")


class HeicNotSupportedError(ImageRefusedError):
    """The photo is a HEIC or HEIF file, which phones of one maker write."""

    code = "heic_not_supported"

    def __init__(self) -> None:
        super().__init__(
            "HEIC photos are not read: send a JPEG. On an iPhone: Settings, Camera, Formats, Most Compatible."
        )


class ImageTypeDiffersError(ImageRefusedError):
    """The bytes are an image of another type than the one that was announced."""

    code = "image_type_differs"

    def __init__(self, found: str, announced: str) -> None:
        super().__init__(f"The file is {found} and was announced as {announced}: announce what it is, or nothing.")


class ImageDamagedError(ImageRefusedError):
    """The image is cut short or damaged."""

    code = "image_damaged"

    def __init__(self, what: str = "it does not decode") -> None:
        super().__init__(f"The image is cut short or damaged ({what}): send it again from the camera or phone.")


class TooManyPixelsError(ImageRefusedError):
    """The image has more pixels than are decoded."""

    code = "image_too_many_pixels"

    def __init__(self, width: int, height: int, most: int) -> None:
        super().__init__(
            f"The image has {width} × {height} pixels; at most {most // 1_000_000} million, 16,000 a side, are taken."
        )


class ImageTooSmallError(ImageRefusedError):
    """The image has too few pixels to show a car."""

    code = "image_too_small"

    def __init__(self, width: int, height: int, least: int) -> None:
        super().__init__(f"The image has {width} × {height} pixels; a photo has at least {least} on each side.")


class TooManyScansError(ImageRefusedError):
    """A progressive JPEG with more scans than any camera writes: each costs the time of a whole picture."""

    code = "image_too_many_scans"

    def __init__(self, most: int) -> None:
        super().__init__(f"The JPEG has more than {most} scans: save it again as an ordinary JPEG.")


class HiddenContentError(ImageRefusedError):
    """The file is an image and something else: a page, a script, a program or an archive."""

    code = "image_hides_content"

    def __init__(self, what: str) -> None:
        super().__init__(f"The file holds {what} beside the image: send the photo as it came from the camera.")


class ImageTooCostlyError(ImageRefusedError):
    """Decoding took more time or memory than an image may take."""

    code = "image_too_costly"

    def __init__(self) -> None:
        super().__init__("The image takes too much time or memory to decode: save it again as an ordinary JPEG.")


ALL_REFUSALS: tuple[ImageRefusedError, ...] = (
    EmptyImageError(),
    ImageFileTooLargeError(20_000_000),
    UnsupportedImageError("a GIF image"),
    HeicNotSupportedError(),
    ImageTypeDiffersError("PNG", "image/jpeg"),
    ImageDamagedError(),
    TooManyPixelsError(20_000, 20_000, 50_000_000),
    ImageTooSmallError(10, 10, 64),
    TooManyScansError(50),
    HiddenContentError("a web page or a script"),
    ImageTooCostlyError(),
)
"""One of each, for the contract of the API."""
