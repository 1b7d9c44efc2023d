"""Check that a filter names what there is: makes and models of the catalogue or on offer, and cities of the list."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from core.car_keys import car_key
from core.db.tables import Listing
from core.db.tables.webhooks import WebhookEndpoint
from core.search.places import place_key, places
from core.states.listings import in_states
from core.text.spelling import closest
from pipelines.feeds.normalise.catalogue import catalogue
from pipelines.webhooks.car_filter import CarFilter
from pipelines.webhooks.catalogue import tells_of_car
from serving.webhooks.errors import FilterNeedsCarError, UnknownFilterValueError

__all__ = ["CarFilter", "known_cars", "require_cars"]


def known_cars(session: Session, wanted: CarFilter) -> CarFilter:
    """Return the filter with names as the catalogue spells them.

    Raises:
        UnknownFilterValueError: a make, model or city is not known; the message proposes one that is spelled alike.
    """
    for city in wanted.city:
        if place_key(city) is None:
            raise UnknownFilterValueError("city", city, _alike(city, {key: key.title() for key in places()}))
    made = {car_key(spelling): make.name for spelling, make in catalogue().items()}
    makes = [_known(session, "make", name, made, Listing.make_key == car_key(name)) for name in wanted.make]
    models = _models([car_key(name) for name in makes])
    of_makes = [Listing.make_key.in_([car_key(name) for name in makes])] if makes else []
    found = [
        _known(session, "model", name, models, Listing.model_key == car_key(name), *of_makes) for name in wanted.model
    ]
    return replace(wanted, make=tuple(makes), model=tuple(found))


def require_cars(endpoint: WebhookEndpoint) -> None:
    """Refuse a filter beside an event that is about no car.

    Raises:
        FilterNeedsCarError: as it says.
    """
    for name in endpoint.events if endpoint.car_filter else ():
        if not tells_of_car(name):
            raise FilterNeedsCarError(name)


def _known(session: Session, field: str, name: str, listed: dict[str, str], *on_offer: ColumnElement[bool]) -> str:
    key = car_key(name)
    if key in listed:
        return listed[key]
    offered = exists().where(in_states(Listing.status, "searched"), Listing.price_pkr.is_not(None), *on_offer)
    if not key or not session.scalar(select(offered)):
        raise UnknownFilterValueError(field, name, _alike(key, listed))
    return name


def _models(makes: Sequence[str]) -> dict[str, str]:
    """Return the models of the makes by key, or of all makes where none is named."""
    chosen = [make for make in catalogue().values() if not makes or car_key(make.name) in makes]
    return {car_key(model): model for make in chosen for model in make.models.values()}


def _alike(name: str, known: dict[str, str]) -> str | None:
    found = closest(name.lower(), known)
    return None if found is None else known[found]
