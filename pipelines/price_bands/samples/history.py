"""Keep past ads that teach prices without being on offer: files that an operator hands over once.

A file is kept as its samples, under the digest of their content, and is listed in `price_history`. Every training reads
all files on the list. They count as removed ads: old ones teach how cars compare, and those of the last 90 days also
the present level (`models.price_bands.boosting.older_ads`). Nothing of them is listed, searched or shown.
"""

import io
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import PurePath

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.clock import market_today
from core.db.tables.price_history import PriceHistory
from core.errors import InvalidInputError, NotFoundError
from core.listing_frame import LISTING_SCHEMA
from core.storage import Storage
from pipelines.price_bands.repository import AD_COLUMNS

FEED = "history"
"""The feed of past ads, where trainings look at levels feed by feed."""


@dataclass(frozen=True)
class PastFile:
    """A file of past ads as a mapping reads it."""

    name: str
    ads: pl.DataFrame  # the rows that were understood, in canonical listing columns
    rows: int  # records in the file


@dataclass(frozen=True)
class HistoryResult:
    """Counts of a file: rows = kept + rejected + without_price + without_day."""

    digest: str
    rows: int
    kept: int
    rejected: int  # not understood by the mapping
    without_price: int
    without_day: int  # or with a day that is still to come
    first_day: date
    last_day: date
    is_new: bool  # False: the same ads are kept already


def add_history(session: Session, storage: Storage, file: PastFile, *, actor: str) -> HistoryResult:
    """Keep the ads of a file; the same ads again change nothing.

    Args:
        session: its transaction lists the file.
        storage: where the ads are put.
        file: the ads.
        actor: who hands it over, for the audit trail.

    Raises:
        InvalidInputError: `no_past_ads`: no row has a price and a day on which it was asked.
    """
    ads, rows = file.ads, file.rows
    priced = ads.filter(pl.col("price_pkr").is_not_null())
    kept = priced.filter(pl.col("listed_on") <= market_today()).select(AD_COLUMNS)
    if kept.is_empty():
        raise InvalidInputError(
            f"None of the {rows:,} rows has a price and the day on which it was asked, so that nothing can be learnt "
            "from the file. Map the day to listed_on, or state it for the whole file with --asked-on.",
            code="no_past_ads",
        )
    kept = kept.sort(*AD_COLUMNS, nulls_last=True)
    digest = sha256(kept.write_csv().encode()).hexdigest()
    days = kept["listed_on"].to_list()
    is_new = session.get(PriceHistory, digest) is None
    if is_new:
        buffer = io.BytesIO()
        kept.write_parquet(buffer)
        storage.put(_key(digest), buffer.getvalue())
        name = PurePath(file.name).name
        session.add(PriceHistory(digest=digest, name=name, ads=kept.height, first_day=min(days), last_day=max(days)))
        _record(session, "add", digest, actor, f"{kept.height} past ads of {name}")
    counts = (rows, kept.height, rows - ads.height, ads.height - priced.height, priced.height - kept.height)
    return HistoryResult(digest, *counts, min(days), max(days), is_new)


def remove_history(session: Session, digest: str, *, actor: str) -> PriceHistory:
    """Take a file off the list: the next training learns nothing from it. Its object stays in storage.

    Args:
        session: its transaction changes the list.
        digest: of the file, or the beginning of it.
        actor: who decides, for the audit trail.

    Raises:
        NotFoundError: `no_such_history`: no file on the list, or several, have this digest.
    """
    found = session.scalars(select(PriceHistory).where(PriceHistory.digest.startswith(digest, autoescape=True))).all()
    if len(found) != 1 or not digest:
        raise NotFoundError(
            f"{len(found)} files of past ads have a digest that begins with {digest[:64]!a}: `automart price-bands "
            "history` lists them.",
            code="no_such_history",
        )
    session.delete(found[0])
    _record(session, "remove", found[0].digest, actor, f"{found[0].ads} past ads of {found[0].name}")
    return found[0]


def histories(session: Session) -> list[PriceHistory]:
    """Return the files on the list, the oldest ads first."""
    return list(session.scalars(select(PriceHistory).order_by(PriceHistory.first_day, PriceHistory.digest)))


def past_ads(session: Session, storage: Storage) -> pl.DataFrame:
    """Read all past ads: `AD_COLUMNS`, `is_live` (false) and `feed`."""
    schema = pl.Schema({name: LISTING_SCHEMA[name] for name in AD_COLUMNS})
    files = [pl.read_parquet(io.BytesIO(storage.get(_key(file.digest)))) for file in histories(session)]
    ads = pl.concat([schema.to_frame(), *files])
    return ads.with_columns(is_live=pl.lit(value=False), feed=pl.lit(FEED))


def _key(digest: str) -> str:
    return f"price_bands/history/{digest}.parquet"


def _record(session: Session, verb: str, digest: str, actor: str, what: str) -> None:
    session.flush()
    act = Act(f"price_history.{verb}", "price_history", digest, None, None, {"file": what})
    record(session, Actor.system(f"price bands by {actor}"), act)
