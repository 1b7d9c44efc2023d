"""Write events as Parquet: the same events give the same bytes."""

import hashlib
import io
from datetime import datetime

import polars as pl

from core.engagement.events import EVENT_SCHEMA

ORDER = ["listing_id", "at", "device", "event_id"]
"""By listing, since analysts and dashboards ask by it; device and id make the order total."""
_ROW_GROUP = 250_000
PREFIX = "engagement/hours"


def parquet_bytes(events: pl.DataFrame) -> bytes:
    """Write events of one hour, each once, sorted by listing."""
    file = io.BytesIO()
    rows = events.select(pl.col(name).cast(kind) for name, kind in EVENT_SCHEMA.items())
    rows.sort(ORDER, nulls_last=True).rechunk().write_parquet(
        file, compression="zstd", compression_level=3, row_group_size=_ROW_GROUP, statistics=True
    )
    return file.getvalue()


def read_parquet(data: bytes) -> pl.DataFrame:
    """Read what `parquet_bytes` wrote."""
    return pl.read_parquet(data)


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def hour_prefix(hour: datetime) -> str:
    """Return the folder of an hour's files."""
    return f"{PREFIX}/{hour:%Y/%m/%d/%H}/"


def file_key(hour: datetime, supplement: int, digest: str) -> str:
    """Name a file by its contents too: a rewritten file never stands under the key of one that is being read."""
    return f"{hour_prefix(hour)}{supplement:04}-{digest[:16]}.parquet"


def hour_of_key(key: str) -> datetime:
    """Return the hour whose file a key names."""
    year, month, day, hour = key.removeprefix(f"{PREFIX}/").split("/")[:4]
    return datetime.fromisoformat(f"{year}-{month}-{day}T{hour}:00:00+00:00")
