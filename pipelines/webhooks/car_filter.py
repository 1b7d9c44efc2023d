"""Choose cars by what visitors see of them: an endpoint with a filter hears of those cars alone.

The fields are named as in the search for cars. Make, model, year and city are the car's when its event is queued; the
price is the event's own where it tells one, both of a price that changed: whoever follows cars of up to four million
hears of the one that becomes dearer, too. A car without a known value is not found by it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row

from core.car_keys import car_key
from core.search.errors import InvalidRangeError
from core.search.places import place_key
from pipelines.webhooks.catalogue import Message

_PRICES: Final = ("price_pkr", "old_price_pkr", "new_price_pkr")
_KEYS: Final[dict[str, Callable[[str], str | None]]] = {"make": car_key, "model": car_key, "city": place_key}
_RANGES: Final = ("year", "price")
# Of an endpoint `e`, and of what is known of the car, `f`: a field that the filter does not name leaves every car.
_NAMED: Final = "coalesce(jsonb_exists(e.car_filter->'{0}', f.{0}), NOT jsonb_exists(e.car_filter, '{0}'))"
_WITHIN: Final = """coalesce((SELECT bool_or(value <@ int8range((e.car_filter #>> '{{{0},0}}')::bigint,
  (e.car_filter #>> '{{{0},1}}')::bigint, '[]')) FROM unnest(f.{0}) value), NOT jsonb_exists(e.car_filter, '{0}'))"""
MATCHES_SQL: Final = " AND ".join([_NAMED.format(name) for name in _KEYS] + [_WITHIN.format(name) for name in _RANGES])
FACTS_SQL: Final = "(id uuid, make text, model text, city text, year bigint[], price bigint[])"


@dataclass(frozen=True)
class CarFilter:
    """The cars that are wanted: one of the names in each field that is given, and within the bounds, both included.

    Raises:
        InvalidRangeError: a lower bound is above its upper one.
    """

    make: Sequence[str] = ()
    model: Sequence[str] = ()
    city: Sequence[str] = ()
    year_min: int | None = None
    year_max: int | None = None
    price_min: int | None = None
    price_max: int | None = None

    def __post_init__(self) -> None:
        for name in _RANGES:
            low, high = self._bounds(name)
            if low is not None and high is not None and low > high:
                raise InvalidRangeError(name, low, high)

    def stored(self) -> dict[str, Any]:
        """Return it as the column `car_filter` holds it: names by their keys, bounds in pairs; {} wants every car."""
        names = {name: {key(value): value for value in getattr(self, name)} for name, key in _KEYS.items()}
        bounds = {name: self._bounds(name) for name in _RANGES}
        given = {name: list(pair) for name, pair in bounds.items() if pair != (None, None)}
        return {name: values for name, values in names.items() if values} | given

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "CarFilter":
        """Read what `stored` wrote."""
        fields: dict[str, Any] = {name: tuple(sorted(stored.get(name, {}).values())) for name in _KEYS}
        for name in _RANGES:
            fields[f"{name}_min"], fields[f"{name}_max"] = stored.get(name, (None, None))
        return cls(**fields)

    def _bounds(self, name: str) -> tuple[int | None, int | None]:
        return getattr(self, f"{name}_min"), getattr(self, f"{name}_max")


def facts_of(message: Message, car: Row[Any]) -> dict[str, Any]:
    """Return what filters go by: of the message's car, a row of `listings`, and the prices that the event tells."""
    data = message.payload["data"]
    told = [data[name] for name in _PRICES if name in data] or [car.price_pkr]
    names = {name: key(getattr(car, name) or "") or None for name, key in _KEYS.items()}
    return names | {"year": [car.model_year], "price": [price for price in told if price is not None]}
