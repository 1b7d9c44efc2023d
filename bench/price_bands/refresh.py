"""Measure refreshes of all bands in a process of its own, so that its peak memory is theirs alone.

`bench.price_bands.speed` starts it.

Usage: python -m bench.price_bands.refresh HOME DATABASE_URL LISTINGS
"""

import sys
import time
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.logins import login_settings
from core.db.session import make_engine, make_session_factory, transaction
from core.settings import Settings
from core.storage import open_storage
from pipelines.price_bands.refresh import refresh_bands

REFRESH_LIMIT, MEMORY_LIMIT_MB = 180.0, 3 * 1024


def main() -> None:
    home, url, listings = sys.argv[1:]
    settings = Settings(automart_home=Path(home), **login_settings(url), storage_url=None, meili_url=None)
    sessions, storage = make_session_factory(make_engine(url)), open_storage(settings)
    before = _peak_mb()
    for name, touched in (("a new model", 0), ("nothing new", 0), ("a thousand changed", 1_000)):
        with transaction(sessions) as session:
            _touch(session, touched)
        started = time.perf_counter()
        with transaction(sessions) as session:
            result = refresh_bands(session, storage)
        took, peak = time.perf_counter() - started, _peak_mb()
        within = took <= REFRESH_LIMIT and peak <= MEMORY_LIMIT_MB
        limits = f"{verdict(within)} {REFRESH_LIMIT:.0f} s and {MEMORY_LIMIT_MB:,} MB"
        print(
            f"refresh of {int(listings):,} listings, {name}: {result.computed:,} computed in {took:.1f} s, "
            f"peak {peak:,.0f} MB (of which {before:,.0f} before) {limits}"
        )


def verdict(good: bool) -> str:
    """Return whether a limit was met, as a word that can be searched for in the output."""
    return "WITHIN" if good else "MISSED"


def _touch(session: Session, count: int) -> None:
    session.execute(
        text(
            "UPDATE listings SET mileage_km = coalesce(mileage_km, 0) + 1, updated_at = clock_timestamp() "
            "WHERE id IN (SELECT id FROM listings LIMIT :count)"
        ),
        {"count": count},
    )


def _peak_mb() -> float:
    """Return the peak memory of this program alone: getrusage would count its parent's at the start, too."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
