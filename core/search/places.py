"""Locate listings: a listing is where its city is, and the cities' points are a controlled list.

A listing names a city and never a position, so distances are those between towns. Engines that know no geometry can
therefore answer "within 50 km" as "in one of these places".
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from core.search.errors import InvalidPointError, UnknownCityError
from core.search.words.folding import words

_EARTH_KM = 6371.0088  # mean radius


@dataclass(frozen=True)
class Point:
    """A position in degrees (WGS 84).

    Raises:
        InvalidInputError: `invalid_point` outside the globe, NaN included.
    """

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise InvalidPointError(self.latitude, self.longitude)


@lru_cache(maxsize=1)
def places() -> Mapping[str, Point]:
    """Return the point of every place in the list, by its key (`place_key`)."""
    listed = tomllib.loads((files("core.search") / "places.toml").read_text(encoding="utf-8"))
    return {_key(name): Point(*point) for name, point in listed.items()}


@lru_cache(maxsize=4096)
def place_key(city: str) -> str | None:
    """Return the key of a city's place, whatever its case and punctuation; None for a city that is not in the list.

    >>> place_key("D.G. Khan"), place_key("Atlantis")
    ('d g khan', None)
    """
    key = _key(city)
    return key if key in places() else None


def city_point(city: str) -> Point:
    """Return the point of a city.

    Raises:
        InvalidInputError: `unknown_city`.
    """
    key = place_key(city)
    if key is None:
        raise UnknownCityError(city)
    return places()[key]


def distance_km(one: Point, other: Point) -> float:
    """Compute the length of the great circle between two points (haversine formula on a sphere).

    >>> round(distance_km(city_point("Lahore"), city_point("Islamabad")))
    266
    """
    north, other_north = math.radians(one.latitude), math.radians(other.latitude)
    east = math.radians(other.longitude - one.longitude)
    half = math.sin((other_north - north) / 2) ** 2
    half += math.cos(north) * math.cos(other_north) * math.sin(east / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def by_distance(point: Point) -> list[tuple[float, list[str]]]:
    """Group places by their distance from a point in km, the nearest first."""
    groups: dict[float, list[str]] = {}
    for key, place in places().items():
        groups.setdefault(distance_km(point, place), []).append(key)
    return sorted(groups.items())


def _key(city: str) -> str:
    return " ".join(words(city))
