"""Constants that the writer and the readers of live streams share."""

from datetime import timedelta
from typing import Final

CHANNEL: Final = "automart_live"
"""Notifications of PostgreSQL under this name wake the readers; they carry nothing, and may be lost."""

KEPT: Final = timedelta(hours=72)
"""Events are kept for this long; a client that was away gets those that it missed."""
