"""Find out whether a seller offers the same car twice."""

import re
from collections.abc import Iterable
from typing import Final

from core.search.words.folding import fold
from pipelines.moderation.ads import OfferedCar
from pipelines.moderation.findings import Finding

_VIN: Final = re.compile(r"(?<![a-z0-9])(?=[a-z]*\d)(?=\d*[a-z])[a-hj-npr-z0-9]{17}(?![a-z0-9])")
_FRAME: Final = re.compile(r"(?<![a-z0-9])([a-z]{2,5}\d{1,3}[a-z]{0,2})\s?-\s?(\d{6,7})(?![a-z0-9])")
_NEAR_KM: Final = 0.02
_NEAR_PRICE: Final = 0.05


def find_doubles(car: OfferedCar, others: Iterable[OfferedCar]) -> list[Finding]:
    """Compare a car with the others of its seller; the heaviest finding alone."""
    mine = chassis_numbers(car)
    found = {_likeness(car, mine, other) for other in others if other.listing_id != car.listing_id}
    for code in ("double_certain", "double_likely"):
        if code in found:
            return [Finding(code)]
    return []


def chassis_numbers(car: OfferedCar) -> frozenset[str]:
    """Return the chassis numbers that the texts of a car name: 17 signs, or the Japanese form `NZE141-3056789`."""
    found: set[str] = set()
    for text in car.texts.values():
        folded = fold(text or "")
        found.update(_VIN.findall(folded))
        found.update(f"{model}-{number}" for model, number in _FRAME.findall(folded))
    return frozenset(found)


def _likeness(car: OfferedCar, chassis: frozenset[str], other: OfferedCar) -> str | None:
    if car.content_hash == other.content_hash or car.photos & other.photos or chassis & chassis_numbers(other):
        return "double_certain"
    same = ("make", "model", "model_year")
    if any(fold(str(getattr(car, name))) != fold(str(getattr(other, name))) for name in same):
        return None
    if None not in (car.color, other.color) and car.color != other.color:
        return None
    near = _near(car.mileage_km, other.mileage_km, _NEAR_KM) and _near(car.price_pkr, other.price_pkr, _NEAR_PRICE)
    return "double_likely" if near else None


def _near(one: int | None, other: int | None, ratio: float) -> bool:
    """Tell whether two numbers are about the same; one that is not stated may be any."""
    return one is None or other is None or abs(one - other) <= ratio * max(one, other)
