"""Draw pictures of strangers anew, a few at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pipelines.photos.developing import Developed, develop_image
from pipelines.photos.inspection import inspect_image
from serving.photos.errors import PhotosBusyError

DECODED_AT_ONCE: Final = 2
_WAIT_SECONDS: Final = 4.0
_turns = threading.BoundedSemaphore(DECODED_AT_ONCE)


def redrawn(data: bytes, announced: str | None, spool: Path) -> Developed:
    """Check a picture by its content and draw it anew, without metadata or whatever else is in the file.

    Raises:
        ImageRefusedError: with the code of the reason.
        PhotosBusyError: too many others are being drawn.
    """
    with decoding_turn():
        return develop_image(inspect_image(data, announced), spool)


@contextmanager
def decoding_turn() -> Iterator[None]:
    """Wait a moment for one of the few turns at decoding, in this process.

    Raises:
        PhotosBusyError: none came free.
    """
    if not _turns.acquire(timeout=_WAIT_SECONDS):
        raise PhotosBusyError
    try:
        yield
    finally:
        _turns.release()
