"""Errors of object storage. Their sentences name the object's key and nothing of the store's address."""

from core.errors import InvalidInputError, NotFoundError, RetryableError


class ObjectNotFoundError(NotFoundError):
    """There is no object under the key."""

    code = "object_not_found"

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no object {key!r} in storage.")


class StorageUnavailableError(RetryableError):
    """The store does not answer, or refuses us."""

    code = "storage_unavailable"

    def __init__(self, reason: str = "it does not answer") -> None:
        super().__init__(f"Object storage cannot be used now ({reason}): check STORAGE_URL, or try again later.")


class InvalidStorageAddressError(InvalidInputError):
    """STORAGE_URL names no store that we know."""

    code = "invalid_storage_url"

    def __init__(self) -> None:
        super().__init__(
            "STORAGE_URL is no address of object storage: give s3://bucket/prefix, gs://bucket/prefix or az://container."
        )


class ObjectTooLargeError(InvalidInputError):
    """The object has more bytes than its reader takes."""

    code = "object_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"The object has more than {most:,} bytes.")
