"""Judge an edit of an ad on offer: those rules apply again whose inputs the edit changed."""

from collections.abc import Mapping
from typing import Any, Final

from pipelines.moderation.ads import TEXT_FIELDS, Ad
from pipelines.moderation.doubles import find_doubles
from pipelines.moderation.findings import Finding
from pipelines.moderation.prices import judge_price
from pipelines.moderation.rules import judge_texts

_IDENTITY: Final = ("make", "model", "model_year")
_CAR: Final = (*_IDENTITY, "mileage_km", "color")
_LIKE_BEFORE: Final = 0.3  # a price this near to the one that was accepted needs no band


def judge_edit(ad: Ad, before: Mapping[str, Any]) -> list[Finding]:
    """Return the findings of the rules in the changed fields of an ad; `before` has their earlier values.

    What a person has accepted is not doubted again for as long as it stays the same: a new colour does not bring back
    the question of the price.
    """
    changed = frozenset(before)
    findings = judge_texts(ad.car.texts, changed & frozenset(TEXT_FIELDS))
    if changed & {"make", "model"} or _moved_years(ad, before):
        findings.append(Finding("changed_car"))
    elif "price_pkr" in changed:
        findings += _judge_changed_price(ad, before["price_pkr"])
    if changed.isdisjoint((*_CAR, *TEXT_FIELDS)):
        return findings
    doubles = find_doubles(ad.car, ad.others)
    return findings + [each for each in doubles if each.code == "double_certain" or not changed.isdisjoint(_CAR)]


def _moved_years(ad: Ad, before: Mapping[str, Any]) -> bool:
    """Tell whether the model year moved by more than a slip: the accepted ad may now sell another car."""
    return "model_year" in before and abs(before["model_year"] - ad.car.model_year) > 1


def _judge_changed_price(ad: Ad, before: int | None) -> list[Finding]:
    now = ad.car.price_pkr
    near = None not in (now, before) and abs((now or 0) - (before or 0)) <= _LIKE_BEFORE * (before or 0)
    if ad.range is None and near:
        return []
    return judge_price(now, ad.range)
