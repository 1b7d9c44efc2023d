"""Estimate the usual price of a car in review by the price model: it has no stored band yet."""

from sqlalchemy.orm import Session

from core.db.tables import Listing
from models.price_bands.inputs.columns import CarColumns, CarDescription
from models.price_bands.predict import MAIN_COLUMNS, predict
from pipelines.moderation.ads import PriceRange
from serving.moderation.judging import RangeOf
from serving.price_bands.champion import ChampionCache

_LOW, _HIGH = MAIN_COLUMNS.index("low_90_pkr"), MAIN_COLUMNS.index("high_90_pkr")
_FIELDS = tuple(CarDescription.__dataclass_fields__)


def model_ranges(champions: ChampionCache) -> RangeOf:
    """Make the function that tells the range of 90 % of such cars; None without a model, and for rare cars."""

    def range_of(session: Session, listing: Listing) -> PriceRange | None:
        champion = champions.get(session)
        if champion is None:
            return None
        car = CarDescription(**{name: getattr(listing, name) for name in _FIELDS})
        [row] = predict(champion.model, CarColumns.from_cars([car])).rows()
        low, high = row[_LOW], row[_HIGH]
        return None if low is None or high is None else PriceRange(low, high)

    return range_of
