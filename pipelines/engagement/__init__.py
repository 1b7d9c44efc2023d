"""Events of shoppers: captured once, kept by hour, counted by hour and day of the market."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl


def scan(start: datetime, end: datetime) -> pl.LazyFrame:
    """Read the events of closed hours from `start` to before `end`, as `cold.scanning.scan_events` does.

    For notebooks: it opens the platform that the environment names.
    """
    from core.db.session import transaction
    from core.platform import open_platform
    from pipelines.engagement.cold.scanning import scan_events

    with open_platform() as platform, transaction(platform.sessions) as session:
        return scan_events(session, platform.storage, start, end)
