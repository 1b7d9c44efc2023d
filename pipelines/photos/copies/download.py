"""Read one photo from a stranger's server: checked addresses, few redirects, a limit of bytes, a conditional GET."""

import asyncio
import ssl
from dataclasses import dataclass

import httpx

from core.egress.addresses import EgressRules, resolve
from core.egress.errors import EgressError, RedirectNotAllowedError
from core.egress.http import Request, read_at_most, send
from core.egress.redirects import MAX_REDIRECTS, REDIRECTS, redirected
from pipelines.photos.errors import ImageFileTooLargeError

SECONDS = 60.0
"""The longest that one photo may take, however slowly its server sends."""
_TEMPORARY = {408, 425, 429}
_LONGEST_VALIDATOR = 500


class RemotePhotoError(EgressError):
    """The server gave no photo. `temporary`: it may do so later, `after_seconds` at the earliest where it says so."""

    code = "http_status"

    def __init__(self, status: int, after_seconds: int | None = None) -> None:
        super().__init__(f"The server answers {status}.")
        self.temporary = status in _TEMPORARY or status >= 500
        self.after_seconds = after_seconds


class RemotePhotoSlowError(EgressError):
    """The whole photo did not come in time."""

    code = "server_too_slow"

    def __init__(self) -> None:
        super().__init__(f"The server did not give the whole photo within {SECONDS:g} seconds.")


@dataclass(frozen=True)
class Validators:
    """The server's validators (ETag, Last-Modified) of the bytes it gave; sent back unchanged to ask for changes."""

    etag: str | None = None
    last_modified: str | None = None

    def headers(self) -> dict[str, str]:
        """Return the headers of a conditional request."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True)
class Download:
    """The bytes of a photo; None where the server says that they have not changed."""

    data: bytes | None
    validators: Validators


@dataclass(frozen=True)
class DownloadLimits:
    """The rules and limits that all downloads of a run share."""

    rules: EgressRules
    trust: ssl.SSLContext
    most_bytes: int


async def download(url: str, known: Validators, limits: DownloadLimits) -> Download:
    """GET the photo.

    Raises:
        InvalidInputError: the address is none that is read.
        EgressError: the server gave no photo; see `RemotePhotoError.temporary`.
        ImageFileTooLargeError: it is larger than a photo may be, whatever Content-Length said.
    """
    try:
        async with asyncio.timeout(SECONDS):
            for _ in range(MAX_REDIRECTS + 1):
                target = await resolve(url, limits.rules)
                async with send(target, Request(headers=known.headers()), limits.trust) as answer:
                    if answer.status_code not in REDIRECTS:
                        return await _read(answer, known, limits.most_bytes)
                    url = redirected(url, answer.headers.get("location", ""))
    except TimeoutError:
        raise RemotePhotoSlowError from None
    raise RedirectNotAllowedError(f"The server redirects more than {MAX_REDIRECTS} times.")


async def _read(answer: httpx.Response, known: Validators, most: int) -> Download:
    if answer.status_code == httpx.codes.NOT_MODIFIED and known.headers():
        return Download(None, known)
    if answer.status_code != httpx.codes.OK:
        raise RemotePhotoError(answer.status_code, _number(answer.headers.get("retry-after")))
    if (_number(answer.headers.get("content-length")) or 0) > most:
        raise ImageFileTooLargeError(most)
    read = await read_at_most(answer, most)
    if read is None:
        raise ImageFileTooLargeError(most)
    etag, modified = (_storable(answer.headers.get(name)) for name in ("etag", "last-modified"))
    return Download(read, Validators(etag, modified))


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 12 else None


def _storable(value: str | None) -> str | None:
    sound = value and len(value) <= _LONGEST_VALIDATOR and value.isascii() and value.isprintable()
    return value if sound else None
