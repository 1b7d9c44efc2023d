"""Limit how large a dealer's file may be, as sent and as unpacked, and how much of it may be unreadable."""

from dataclasses import dataclass

from core.settings import Settings
from pipelines.feeds.refusal_codes import refusal

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class FeedLimits:
    """State the sizes beyond which a file is refused, before or while it is unpacked, never after.

    The sizes bound memory and disk; `ratio` bounds what a small file can grow to (deflate itself ends near 1,030);
    `entries` bounds the directory of a zip, which is read before anything else.
    """

    file_bytes: int = 512 * MEGABYTE
    """As sent."""
    unpacked_bytes: int = 2048 * MEGABYTE
    """After unpacking, all containers together."""
    ratio: int = 200
    """Unpacked bytes for each byte sent; the first megabyte is free, since tiny files of blanks pack well."""
    entries: int = 10_000
    """Files and folders in a zip, photos included."""
    nesting: int = 2
    """Containers around the stock list: 2 allows a .csv.gz inside a .zip."""


DEFAULT_LIMITS = FeedLimits()

MOST_UNREADABLE = 200_000
"""Records of one file that may be empty or no records at all; each costs memory for as long as the file is read."""


class UnreadableRecords:
    """Count the records of one file that are empty or cannot be read."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, count: int = 1) -> None:
        """Count further ones.

        Raises:
            RefusedFileError: `mostly_unreadable`: they are too many for a stock list.
        """
        self._count += count
        if self._count > MOST_UNREADABLE:
            raise refusal("mostly_unreadable", limit=f"{MOST_UNREADABLE:,}")


def limits_of(settings: Settings) -> FeedLimits:
    """Return the limits of this installation; edges make them once and pass them on."""
    return FeedLimits(
        file_bytes=settings.feed_max_file_mb * MEGABYTE,
        unpacked_bytes=settings.feed_max_unpacked_mb * MEGABYTE,
        ratio=settings.feed_max_unpack_ratio,
        entries=settings.feed_max_zip_entries,
        nesting=settings.feed_max_zip_nesting,
    )
