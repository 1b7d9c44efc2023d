"""Count what comes out of the containers of one file, and refuse it where that is more than a stock list has."""

from pipelines.feeds.readers.limits import MEGABYTE, FeedLimits
from pipelines.feeds.refusal_codes import refusal


class OutputMeter:
    """Count the unpacked bytes of one file, over all of its containers."""

    def __init__(self, sent: int, limits: FeedLimits) -> None:
        self._limits = limits
        self._most = min(limits.unpacked_bytes, MEGABYTE + sent * limits.ratio)
        self._out = 0

    def count(self, size: int) -> None:
        """Count bytes that came out.

        Raises:
            RefusedFileError: `unpacked_too_large` or `archive_bomb`.
        """
        self._out += size
        self.require_room(0)

    def require_room(self, count: int) -> None:
        """Raise if `count` more bytes would exceed a limit."""
        if self._out + count > self._limits.unpacked_bytes:
            raise refusal("unpacked_too_large", limit=f"{self._limits.unpacked_bytes // MEGABYTE:,} MB")
        if self._out + count > self._most:
            raise refusal("archive_bomb", limit=f"{self._limits.ratio:,}")
