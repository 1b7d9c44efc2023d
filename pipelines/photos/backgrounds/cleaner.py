"""The port for cleaning backgrounds, and its two implementations: GrabCut in the judging child, and a service outside.

Either is given a picture whose plates are covered already, so no plate leaves the platform, and none can come back.
"""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import httpx

from core.egress.addresses import resolve
from core.egress.errors import EgressError
from core.egress.http import Request, read_at_most, send, trusted
from core.egress.installation import installation_rules
from core.settings import Settings
from pipelines.photos.developing import develop_image
from pipelines.photos.inspection import inspect_image
from pipelines.photos.judging.worker import JudgingChild
from pipelines.photos.object_keys import ORIGINAL

SECONDS = 60.0
_TIMEOUT = httpx.Timeout(connect=10, read=SECONDS, write=30, pool=10)
_SIDES_DIFFER = 2


class CleaningServiceError(EgressError):
    """The outside service gave no picture that can be shown."""

    code = "cleaning_service_failed"


class BackgroundCleaner(Protocol):
    """Cleans the background of one picture. `name` stands in the version of what it makes."""

    @property
    def name(self) -> str:
        """Names the way."""

    def clean(self, folder: Path, child: JudgingChild) -> list[dict[str, Any]]:
        """Write variants beside `original.jpg`, and describe them; none where there is nothing to clean.

        Raises:
            JudgingFailedError, CleaningServiceError, EgressError, ImageRefusedError: nothing was made.
        """


class GrabCutCleaner:
    """Cleans with GrabCut, begun with the largest vehicle's box, in the child with its limits."""

    name = "grabcut"

    def clean(self, folder: Path, child: JudgingChild) -> list[dict[str, Any]]:
        """See `BackgroundCleaner.clean`."""
        variants: list[dict[str, Any]] = child.ask(folder, "clean")["variants"]
        return variants


@dataclass(frozen=True)
class OutsideCleaner:
    """Cleans with a service: POST of the JPEG, answered by the picture of the same size.

    The answer is a stranger's file: it goes through the one decoder, its size is compared, and plates are sought and
    covered in it.
    """

    settings: Settings
    url: str
    name: str = "outside"

    def clean(self, folder: Path, child: JudgingChild) -> list[dict[str, Any]]:
        """See `BackgroundCleaner.clean`."""
        given = (folder / ORIGINAL).read_bytes()
        answered = asyncio.run(self._ask(given))
        size, developed = _size(given), develop_image(inspect_image(answered), folder)
        if any(
            abs(one - other) > _SIDES_DIFFER
            for one, other in zip(size, (developed.width, developed.height), strict=True)
        ):
            raise CleaningServiceError("The cleaning service gave a picture of another size.")
        (folder / ORIGINAL).write_bytes(developed.original)
        variants: list[dict[str, Any]] = child.ask(folder, "cleaned")["variants"]
        return variants

    async def _ask(self, picture: bytes) -> bytes:
        rules = replace(installation_rules(self.settings), plain_private=True)  # as a service beside ours
        token = self.settings.photos_background_token
        headers = {"Content-Type": "image/jpeg", "Accept": "image/*"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        most = self.settings.photos_max_mb * 1_000_000
        try:
            async with asyncio.timeout(SECONDS):
                target = await resolve(self.url, rules)
                async with send(target, Request("POST", headers, picture), trusted(rules), _TIMEOUT) as answer:
                    return await _read(answer, most)
        except TimeoutError:
            raise CleaningServiceError(f"The cleaning service did not answer within {SECONDS:g} seconds.") from None


async def _read(answer: httpx.Response, most: int) -> bytes:
    if answer.status_code != httpx.codes.OK:
        raise CleaningServiceError(f"The cleaning service answers {answer.status_code}.")
    read = await read_at_most(answer, most)
    if read is None:
        raise CleaningServiceError("The cleaning service gives more bytes than a photo may have.")
    return read


def _size(picture: bytes) -> tuple[int, int]:
    inspected = inspect_image(picture)  # drawn by us: upright, without a turn
    return inspected.width, inspected.height


def open_cleaner(settings: Settings) -> BackgroundCleaner:
    """Choose by the settings: the service where its address is set, else GrabCut."""
    url = settings.photos_background_url
    return GrabCutCleaner() if url is None else OutsideCleaner(settings, url)
