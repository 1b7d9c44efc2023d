"""Evaluate a filter on a listing that was read, for lists that do not come from a search engine.

A property test holds it equal to the engines.
"""

from typing import Final

from core.search.filters import AllOf, AnyOf, Between, Filter, Near, NoneOf, NumberField, SomeOf, TermField
from core.search.places import distance_km, place_key, places
from core.search.vehicles.catalogue import drive_of, seats_of
from core.search.words.folding import fold
from serving.listings.finding.views import ListingView

_NUMBERS = {
    NumberField.YEAR: "model_year",
    NumberField.PRICE: "price_pkr",
    NumberField.MILEAGE: "mileage_km",
    NumberField.ENGINE_CC: "engine_cc",
}
_DERIVED: Final = {TermField.SEATS: seats_of, TermField.DRIVE: drive_of}
_TERMS = {TermField.DEALER: "dealer_code"}
_WITHHELD = {TermField.VISIBILITY, TermField.CHANNEL, TermField.ORG}  # the audience's condition, which SQL applies


def matches(node: Filter, view: ListingView) -> bool:
    """Tell whether the listing meets the filter.

    Raises:
        ValueError: the filter is about a field that a view does not have.
    """
    match node:
        case AnyOf(field, values):
            return _term(view, field) in values
        case NoneOf(field, values):
            return _term(view, field) not in values
        case Between(field, low, high):
            value = getattr(view, _NUMBERS[field])
            return value is not None and (low is None or low <= value) and (high is None or value <= high)
        case Near(point, radius_km):
            key = None if view.city is None else place_key(view.city)
            return key is not None and distance_km(point, places()[key]) <= radius_km
        case AllOf(parts):
            return all(matches(part, view) for part in parts)
        case SomeOf(parts):
            return any(matches(part, view) for part in parts)


def _term(view: ListingView, field: TermField) -> str | None:
    if field in _WITHHELD:
        raise ValueError(f"A view does not have the field {field.value}.")
    if field is TermField.HAS_PHOTOS:
        return str(bool(view.photo_count or view.remote_photos)).lower()
    if field in _DERIVED:
        derived = _DERIVED[field](view.make, view.model, f"{view.title} {view.variant or ''}")
        return None if derived is None else str(derived)
    value = getattr(view, _TERMS.get(field, field.value))
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else fold(value)
