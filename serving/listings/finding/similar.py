"""Find cars similar to a car, by their attributes and price, in SQL, for one audience.

The same make and model come first, then the same family (a Corolla Cross for a Corolla), then the same body. Within
each the nearest in year, price and mileage: prices and mileages by their ratio, since 500,000 rupees mean more for an
Alto than for a Land Cruiser. A car of twice the price or six years apart is not similar. Ties go by id, so the answer
is the same every time.
"""

from math import log
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.visible_to import visible_to
from core.car_keys import car_key
from core.db.tables import Listing
from core.states.listings import in_states
from serving.listings.finding.views import ListingView

_YEARS, _PRICE_RATIO = 6, 2.0  # farther apart is not similar
_BODY_YEARS, _BODY_PRICE_RATIO = 3, 1.4  # closer, where only the body is the same
# What counts as one step apart.
_YEAR_STEP, _PRICE_STEP, _KM_STEP = 2.0, log(1.15), log(1.5)
_KM_FLOOR = 10_000  # 1,000 km and 2,000 km are both new
_UNKNOWN = 2.0  # steps, where either does not say
_OTHER = 1.0  # steps, for another fuel or gearbox


class SimilarRepository:
    """Reads live listings that are similar to another one."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def similar_ids(self, car: ListingView, audience: Audience, limit: int) -> list[UUID]:
        """Read up to `limit` ids that the audience may see, the nearest first, never the car itself."""
        found = self._ids(_nearest(car, _same_model(car)), audience, limit)
        if len(found) < limit:
            wider = _nearest(car, _same_family_or_body(car)).where(Listing.id.not_in(found))
            found += self._ids(wider, audience, limit - len(found))
        return found

    def _ids(self, nearest: Select[UUID], audience: Audience, limit: int) -> list[UUID]:
        return list(self._session.scalars(nearest.where(visible_to(audience)).limit(limit)))


def _nearest(car: ListingView, among: ColumnElement[bool]) -> Select[UUID]:
    """Build the statement for live listings among these: the same family first, the nearest first within each part."""
    return (
        select(Listing.id)
        .where(in_states(Listing.status, "searched"), Listing.id != car.id, among)
        .order_by(case((_same_family(car), 0), else_=1), _distance(car), Listing.id)
    )


def _same_model(car: ListingView) -> ColumnElement[bool]:
    model = and_(Listing.model_key == car_key(car.model), Listing.model == car.model)
    return and_(_same_make(car), model, *_near(car, _YEARS, _PRICE_RATIO))


def _same_make(car: ListingView) -> ColumnElement[bool]:
    """Compare makes, and their keys, which have an index."""
    return and_(Listing.make_key == car_key(car.make), Listing.make == car.make)


def _same_family_or_body(car: ListingView) -> ColumnElement[bool]:
    alternatives = [and_(_same_family(car), *_near(car, _YEARS, _PRICE_RATIO))]
    if car.body is not None:
        alternatives.append(and_(Listing.body == car.body, *_near(car, _BODY_YEARS, _BODY_PRICE_RATIO)))
    return or_(*alternatives)


def _near(car: ListingView, years: int, ratio: float) -> list[ColumnElement[bool]]:
    near: list[ColumnElement[bool]] = [Listing.model_year.between(car.model_year - years, car.model_year + years)]
    if car.price_pkr is not None:
        priced = Listing.price_pkr.between(int(car.price_pkr / ratio), int(car.price_pkr * ratio))
        near.append(or_(Listing.price_pkr.is_(None), priced))
    return near


def _same_family(car: ListingView) -> ColumnElement[bool]:
    family = func.split_part(func.lower(Listing.model), " ", 1) == car.model.lower().split(" ")[0]
    return and_(_same_make(car), family)


def _distance(car: ListingView) -> ColumnElement[Any]:
    """Sum how many steps two cars are apart; an absent value on either side counts as `_UNKNOWN`."""
    years = func.abs(Listing.model_year - car.model_year) / _YEAR_STEP
    price: ColumnElement[Any] = literal(_UNKNOWN)
    if car.price_pkr is not None:
        price = func.coalesce(func.abs(func.ln(Listing.price_pkr / float(car.price_pkr))) / _PRICE_STEP, _UNKNOWN)
    mileage: ColumnElement[Any] = literal(_UNKNOWN)
    if car.mileage_km is not None:
        ratio = (Listing.mileage_km + _KM_FLOOR) / float(car.mileage_km + _KM_FLOOR)
        mileage = func.coalesce(func.abs(func.ln(ratio)) / _KM_STEP, _UNKNOWN)
    other = [
        case((column.is_not_distinct_from(value), 0.0), else_=_OTHER)
        for column, value in ((Listing.fuel, car.fuel), (Listing.transmission, car.transmission))
    ]
    return years + price + mileage + other[0] + other[1]
