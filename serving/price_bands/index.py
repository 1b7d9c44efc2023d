"""Read the market index as a series of months."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from core.db.tables import MarketIndex
from models.price_bands.index.market_index import segment_keys
from serving.price_bands.errors import MarketIndexNotFoundError, ModelWithoutMakeError
from serving.price_bands.market import MarketRepository


@dataclass(frozen=True, slots=True)
class IndexSeries:
    """A segment's months, oldest first; `make` and `model` as most dealers write them."""

    segment_kind: str
    make: str | None
    model: str | None
    base_month: date
    months: list[MarketIndex]


def market_index_of(
    session: Session, make: str | None = None, model: str | None = None, *, since: date | None = None
) -> IndexSeries:
    """Read the index of a model, of a make, or of the market.

    Raises:
        InvalidInputError: `model_without_make`.
        NotFoundError: `market_index_not_found`: too few ads of the segment, or no index yet.
    """
    if model is not None and make is None:
        raise ModelWithoutMakeError
    kind = "model" if model is not None else "make" if make is not None else "market"
    make_key, model_key = segment_keys(make or "", model or "")
    segment = {"model": model_key, "make": make_key, "market": ""}[kind]
    rows = MarketRepository(session).index(kind, segment, since=since)
    if not rows:
        name = " ".join(part for part in (make, model) if part) or "the market"
        raise MarketIndexNotFoundError(name)
    return IndexSeries(kind, rows[-1].make, rows[-1].model, rows[-1].base_month, list(rows))
