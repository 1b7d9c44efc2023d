"""Constants that the writer and the readers of live streams share."""

from datetime import timedelta
from typing import Final

CHANNEL: Final = "automart_live"
"""Notifications of PostgreSQL under this name wake the readers; they carry nothing, and may be lost."""

KEPT: Final = timedelta(hours=72)
"""For this long a client that was away gets what it missed."""
