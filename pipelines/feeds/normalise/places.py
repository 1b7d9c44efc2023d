"""Spell where a car is and where it is registered as in `places.toml`."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from core.search.places import place_key

UNREGISTERED = "unregistered"
_COUNTRY = frozenset({"pakistan", "pk", "pak", "پاکستان"})


@dataclass(frozen=True)
class Place:
    """Hold the parts of a location; a part that it does not name is None."""

    area: str | None = None
    city: str | None = None
    province: str | None = None


@dataclass(frozen=True)
class _Names:
    provinces: dict[str, str]
    cities: dict[str, str]
    city_provinces: dict[str, str]
    known_cities: frozenset[str]


@cache
def _names() -> _Names:
    text = (files("pipelines.feeds.normalise") / "places.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    provinces = {spelling: name for name, also in tables["provinces"].items() for spelling in (name.casefold(), *also)}
    cities = {alias: name for name, aliases in tables["city_aliases"].items() for alias in aliases}
    city_provinces = {city: name for name, cities_of in tables["city_provinces"].items() for city in cities_of}
    return _Names(provinces, cities, city_provinces, frozenset({*cities.values(), *city_provinces}))


def _spaced(text: str) -> str:
    return " ".join(text.split()).strip(" ,")


def _title(text: str) -> str:
    """Capitalise words, unless the sender already did ("DHA", "G-9")."""
    return " ".join(word.capitalize() if word.islower() else word for word in text.split())


def city_name(text: str) -> str | None:
    """Return the display spelling of a city."""
    spaced = _spaced(text)
    if not spaced:
        return None
    known = _names().cities.get(spaced.casefold())
    shouting = spaced.isupper() and len(spaced) > 3
    return known or _title(spaced.lower() if shouting else spaced)


def province_name(text: str) -> str | None:
    """Return the display spelling of a province, or None for another text."""
    return _names().provinces.get(_spaced(text).casefold())


def city_provinces() -> dict[str, str]:
    """Return the province of each city of the main list."""
    return _names().city_provinces


def _is_city(text: str) -> bool:
    return is_known_city(city_name(text))


def is_known_city(name: str | None) -> bool:
    """Tell whether the main list has this city, by its display name."""
    return name in _names().known_cities


def is_known_town(name: str | None) -> bool:
    """Tell whether a city was read: it is of the main list, or of the longer one of `core.search.places`.

    The longer list does not decide which part of a location is its city: many of its towns are areas of larger cities.
    """
    return name is not None and (is_known_city(name) or place_key(name) is not None)


def is_known_place(city: str | None, province: str | None) -> bool:
    """Tell whether a location was read: its city is a known town, or it names a province alone."""
    return province is not None if city is None else is_known_town(city)


def _parts(text: str) -> list[str]:
    """Return the parts between commas, without the country; "Lahore - DHA" has its city last as well."""
    parts = [part for part in map(_spaced, text.split(",")) if part and part.casefold() not in _COUNTRY]
    first, dash, second = parts[0].partition(" - ") if len(parts) == 1 else ("", "", "")
    if dash and _is_city(first) != _is_city(second):
        return [second, first] if _is_city(first) else [first, second]
    return parts


def split_location(text: str) -> Place:
    """Split "DHA Defence, Lahore Punjab", "Lahore", "I-8, Islamabad" or "Lahore - DHA" into area, city and province."""
    parts = _parts(text)
    if not parts:
        return Place()
    area, tail = ", ".join(parts[:-1]), parts[-1]
    words = tail.split(" ")
    for count in range(min(3, len(words)), 0, -1):
        province = province_name(" ".join(words[-count:]))
        if province and len(words) > count:
            return Place(area or None, city_name(" ".join(words[:-count])), province)
    province, city_only = province_name(tail), city_name(tail)
    if province in _names().city_provinces and (not area or not _is_city(parts[-2])):
        return Place(area or None, province, province)  # Islamabad is a city and a territory
    if area and province:  # "Lahore, Punjab"
        return Place(", ".join(parts[:-2]) or None, city_name(parts[-2]), province)
    if province and city_only not in _names().city_provinces:
        return Place(None, None, province)
    return Place(area or None, city_only, _names().city_provinces.get(city_only) if city_only else None)


def registration(text: str) -> str | None:
    """Return the city or province of registration, or `unregistered`."""
    if re.fullmatch(r"un-?\s?reg\w*\.?|not registered|applied for|new", _spaced(text).casefold()):
        return UNREGISTERED
    return province_name(text) or city_name(text)
