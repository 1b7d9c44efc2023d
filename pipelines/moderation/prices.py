"""Judge a price by what such cars cost. Without a price, or without anything to compare it with, it says so."""

from typing import Final

from pipelines.moderation.ads import PriceRange
from pipelines.moderation.findings import Finding

LOWEST_RATIO: Final = 0.5  # of the lower end of the range of 90 % of such ads
HIGHEST_RATIO: Final = 2.0  # of its upper end
_FIELD: Final = "price_pkr"


def judge_price(price_pkr: int | None, usual: PriceRange | None) -> list[Finding]:
    """Return the findings about a price; none where it is near the usual prices of such cars."""
    if price_pkr is None:
        return [Finding("price_missing", _FIELD)]
    if usual is None:
        return [Finding("price_unjudged", _FIELD)]
    if price_pkr < usual.low_pkr * LOWEST_RATIO:
        return [Finding("price_too_low", _FIELD)]
    if price_pkr > usual.high_pkr * HIGHEST_RATIO:
        return [Finding("price_too_high", _FIELD)]
    return []
