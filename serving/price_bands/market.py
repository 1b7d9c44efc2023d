"""Read what explains a price: the typical car of the model, like cars on offer, and the market index.

Each statement about listings carries the audience's condition: a comparable that the caller may not see is not shown,
and does not count in the typical car either.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import polars as pl
from polars.datatypes import DataType, DataTypeClass
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, select
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.visible_to import visible_to
from core.car_keys import car_key
from core.db.tables import Listing, MarketIndex, PriceBand
from core.listing_frame import LISTING_SCHEMA
from core.prices.deal_ratings import deal_rating_sql, has_present_band
from core.states.listings import in_states

CAR_COLUMNS = ("make", "model", "variant", "model_year", "mileage_km", "fuel", "transmission", "body", "assembly",
               "engine_cc", "battery_kwh", "city", "province", "registered_in", "listed_on")  # fmt: skip
YEARS_APART = 4
_MIDDLES = ("model_year", "mileage_km", "engine_cc")
_MODES = ("variant", "fuel", "transmission", "body", "assembly", "city", "province", "registered_in")
_MOST_TYPICAL, _MOST_CANDIDATES = 3_000, 200


class MarketRepository:
    """Live priced listings that an audience may see, and the market index."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def typical(self, make: str, model: str, audience: Audience) -> tuple[int, dict[str, Any]]:
        """Count the cars of the model on offer (at most 3,000 are looked at), with their middle or usual values."""
        cars = _offers(make, model, audience, *(getattr(Listing, name) for name in (*_MIDDLES, *_MODES)))
        newest = cars.order_by(Listing.model_year.desc(), Listing.id).limit(_MOST_TYPICAL).subquery()
        middles = [func.percentile_disc(0.5).within_group(newest.c[name]).label(name) for name in _MIDDLES]
        modes = [func.mode().within_group(newest.c[name]).label(name) for name in _MODES]
        row = self._session.execute(select(func.count().label("offers"), *middles, *modes)).one()._asdict()
        return row.pop("offers"), row

    def offers_by_year(self, make: str, model: str, audience: Audience) -> dict[int, int]:
        """Count the priced cars of the model on offer in each of its years."""
        cars = _offers(make, model, audience, Listing.model_year, func.count())
        cars = cars.where(Listing.model_year.is_not(None)).group_by(Listing.model_year)
        return {int(year): int(count) for year, count in self._session.execute(cars)}

    def candidates(self, make: str, model: str, year: int, mileage_km: int | None, audience: Audience) -> pl.DataFrame:
        """Read at most 200 cars of the model, nearest in year and mileage: `CAR_COLUMNS`, id, title, price, rating."""
        rating = deal_rating_sql(Listing.price_pkr, PriceBand.low_pkr, PriceBand.mid_pkr, PriceBand.high_pkr)
        names = ("title", "price_pkr", *CAR_COLUMNS)
        cars = _offers(make, model, audience, Listing.id, *(getattr(Listing, name) for name in names))
        cars = cars.add_columns(rating.label("deal_rating")).outerjoin(PriceBand, has_present_band())
        cars = cars.where(Listing.model_year.between(year - YEARS_APART, year + YEARS_APART))
        order: list[ColumnElement[Any]] = [func.abs(Listing.model_year - year)]
        if mileage_km is not None:
            order.append(func.abs(Listing.mileage_km - mileage_km).nulls_last())
        rows = self._session.execute(cars.order_by(*order, Listing.id).limit(_MOST_CANDIDATES)).all()
        schema: dict[str, DataType | DataTypeClass] = {name: LISTING_SCHEMA[name] for name in names}
        schema = {"id": pl.String, **schema, "deal_rating": pl.String}
        return pl.DataFrame([(str(row[0]), *row[1:]) for row in rows], schema=schema, orient="row")

    def car(self, listing_id: UUID, audience: Audience) -> pl.DataFrame | None:
        """Read a listing as one row of `CAR_COLUMNS` and price; None where it is not live or not for this audience."""
        names = (*CAR_COLUMNS, "price_pkr")
        row = self._session.execute(
            select(*(getattr(Listing, name) for name in names)).where(
                Listing.id == listing_id, in_states(Listing.status, "opened"), visible_to(audience)
            )
        ).one_or_none()
        schema = {name: LISTING_SCHEMA[name] for name in names}
        return None if row is None else pl.DataFrame([tuple(row)], schema=schema, orient="row")

    def index(self, kind: str, segment: str, *, months: int | None = None) -> Sequence[MarketIndex]:
        """Read the segment's rows, oldest first: all, or the newest `months`."""
        rows = select(MarketIndex).where(MarketIndex.segment_kind == kind, MarketIndex.segment == segment)
        return self._session.scalars(rows.order_by(MarketIndex.month.desc()).limit(months)).all()[::-1]


def _offers(make: str, model: str, audience: Audience, *columns: SQLColumnExpression[Any]) -> Select[Any]:
    same_car = and_(Listing.make_key == car_key(make), Listing.model_key == car_key(model))
    counted = and_(in_states(Listing.status, "counted"), Listing.price_pkr.is_not(None))
    return select(*columns).where(same_car, counted, visible_to(audience))
