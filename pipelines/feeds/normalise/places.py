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
    district: dict[str, str]
    """The city whose district a town of the list belongs to: "Taxila, Rawalpindi" is one place."""


@cache
def _names() -> _Names:
    text = (files("pipelines.feeds.normalise") / "places.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    provinces = {spelling: name for name, also in tables["provinces"].items() for spelling in (name.casefold(), *also)}
    cities = {alias: name for name, aliases in tables["city_aliases"].items() for alias in aliases}
    city_provinces = {city: name for name, cities_of in tables["city_provinces"].items() for city in cities_of}
    district = {town: city for city, towns in tables["towns_of_district"].items() for town in towns}
    return _Names(provinces, cities, city_provinces, frozenset({*cities.values(), *city_provinces}), district)


def _spaced(text: str) -> str:
    return " ".join(text.split()).strip(" ,.")


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


_NAMED_PARTS = re.compile(r"[,;|،\n()\[\]]+")
_WEAK_PARTS = re.compile(r"\s+[-–—]\s+|(?<=[^\W\d])\s*[-–—/:]\s*(?=[^\W\d])")
"""Signs that separate parts where one side is a city, but also stand in names: "Wah-Cantt", "DHA/Askari"."""
_SECTOR = re.compile(r"[D-I]-(?:[5-9]|1[0-7])(?:/\d)?(?: markaz)?", re.IGNORECASE)
"""The sectors of Islamabad, which are named without their city."""
_OF_A_CITY = frozenset({"city", "district", "distt", "dist"})


def _parts(text: str) -> list[str]:
    """Return the parts between separators, without the country: "Lahore - DHA" and "Lahore (DHA)" have two."""
    parts = [_without_country(part) for part in _NAMED_PARTS.split(text)]
    parts = [part for part in parts if part]
    if len(parts) == 1:
        divided = [part for part in map(_spaced, _WEAK_PARTS.split(parts[0])) if part]
        if len(divided) == 2 and any(map(_is_city, divided)):
            return divided
    return parts


def _without_country(text: str) -> str:
    """Return a part of a place without the country at its end."""
    words = _spaced(text).split(" ")
    while words and words[-1].casefold() in _COUNTRY:
        words.pop()
    return _spaced(" ".join(words))


def _take_province(parts: list[str]) -> tuple[list[str], str | None]:
    """Take the province out of the parts, where it is one of them or the end of one: "Lahore Punjab"."""
    for place in range(len(parts) - 1, -1, -1):
        name = province_name(parts[place])
        if name is not None and not _is_city(parts[place]):
            return parts[:place] + parts[place + 1 :], name
        if (found := _ends_with_province(parts[place])) is not None:
            town, name = found
            rest, _ = _take_province([*parts[:place], town, *parts[place + 1 :]])  # "Mirpur A.K. Azad Kashmir"
            return rest, name
    return parts, None


def _ends_with_province(part: str) -> tuple[str, str] | None:
    words = part.split(" ")
    for count in range(min(3, len(words) - 1), 0, -1):
        town, end = _spaced(" ".join(words[:-count])), " ".join(words[-count:])
        name = province_name(end)
        if name is not None and not _is_city(part) and (_is_city(town) or not _is_city(end)):
            return town, name
    return None


def _divided(part: str, *, begins: bool) -> tuple[str, str] | None:
    """Divide "DHA Lahore" (with `begins` also "Islamabad F-7") into area and city; not a town such as Pindi Gheb."""
    words = part.split(" ")
    if is_known_town(city_name(part)):
        return None
    for count in range(min(3, len(words) - 1), 0, -1):
        ways = [(words[-count:], words[:-count]), (words[:count], words[count:])]
        for city, rest in ways if begins else ways[:1]:
            if _is_city(" ".join(city)):
                return "" if " ".join(rest).casefold() in _OF_A_CITY else " ".join(rest), " ".join(city)
    return None


_ROAD = re.compile(r"\b(?:road|rd|highway|motorway|bypass|expressway|interchange|toll)\b", re.IGNORECASE)
"""Roads are named after the cities at their ends."""
_BETWEEN_CITIES = re.compile(r"[/\\&+:–—-]+|\s(?:and|or|aur|to)\s|اور", re.IGNORECASE)


def names_several_cities(text: str) -> bool:
    """Tell whether a cell names two cities ("Lahore/Karachi"), neither of which is surely where the car is."""
    named = [part for part in map(_without_country, _NAMED_PARTS.split(text)) if not _ROAD.search(part)]
    parts = [*named, *(_spaced(each) for part in named for each in _BETWEEN_CITIES.split(part))]
    cities = {city_name(each) for part in parts for each in _side_by_side(part) if _is_city(each)}
    return len({_names().district.get(city or "", city) for city in cities}) > 1


def _side_by_side(part: str) -> list[str]:
    """Return a part, or the two cities that stand in it with a blank between them."""
    words = part.split()
    halves = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    if _is_city(part):
        return [part]
    return next(([one, other] for one, other in halves if _is_city(one) and _is_city(other)), [part])


def split_location(text: str) -> Place:
    """Split "DHA Defence, Lahore Punjab", "I-8, Islamabad", "Lahore - DHA" or "Gulberg Lahore" into its parts.

    A city that no list knows is the last part, as it is written; so are two cities in one cell, which no list knows.
    """
    if names_several_cities(text):
        return Place(city=_spaced(text))
    parts, province = _take_province(_parts(text))
    city = next((part for part in reversed(parts) if _is_city(part)), None)
    if city is not None:
        place = len(parts) - 1 - parts[::-1].index(city)
        parts = parts[:place] + parts[place + 1 :]
    else:
        city, parts = _unlisted_city(parts, province)
    name = None if city is None else city_name(city)
    area = ", ".join(part for part in parts if part and city_name(part) != name)
    if name is None and province in _names().city_provinces:
        name = province  # Islamabad is a city and a territory
    return Place(area or None, name, province or (_names().city_provinces.get(name) if name else None))


def _unlisted_city(parts: list[str], province: str | None) -> tuple[str | None, list[str]]:
    """Find the city in parts none of which is one by itself, and return the other parts."""
    alone = len(parts) == 1
    if parts and (found := _divided(parts[-1], begins=alone and province is None)) is not None:
        return found[1], [*parts[:-1], found[0]]
    if province in _names().city_provinces:
        return None, parts
    if alone and _SECTOR.fullmatch(parts[0]):
        return "Islamabad", parts
    return (parts[-1], parts[:-1]) if parts else (None, [])


def registration(text: str) -> str | None:
    """Return the city or province of registration, or `unregistered`."""
    if re.fullmatch(r"un-?\s?reg\w*\.?|not registered|applied for|new", _spaced(text).casefold()):
        return UNREGISTERED
    return province_name(text) or city_name(text)
