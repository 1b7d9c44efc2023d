"""Problems of the price band operations."""

from api.parameters import EXAMPLE_LISTING_ID
from core.errors import AutomartError
from core.storage import StorageUnavailableError
from serving.listings.errors import ListingNotFoundError
from serving.price_bands.errors import (
    DepreciationNotFoundError,
    InvalidCarError,
    MarketIndexNotFoundError,
    ModelWithoutMakeError,
    NoPriceModelError,
    PriceBandNotFoundError,
)

LISTING_NOT_FOUND = ListingNotFoundError(EXAMPLE_LISTING_ID)
PRICE_BAND_NOT_FOUND = PriceBandNotFoundError(EXAMPLE_LISTING_ID)
STORAGE_UNAVAILABLE = StorageUnavailableError()
INVALID_CAR = InvalidCarError("model_year must be between 1950 and 2100")
INDEX_PROBLEMS: tuple[AutomartError, ...] = (MarketIndexNotFoundError("Toyota Corolla"), ModelWithoutMakeError())
NO_PRICE_MODEL = NoPriceModelError()
DEPRECIATION_NOT_FOUND = DepreciationNotFoundError("Toyota", "Corolla", "no car of it is on offer")
PROBLEMS: tuple[AutomartError, ...] = (
    LISTING_NOT_FOUND,
    PRICE_BAND_NOT_FOUND,
    STORAGE_UNAVAILABLE,
    INVALID_CAR,
    *INDEX_PROBLEMS,
    NO_PRICE_MODEL,
    DEPRECIATION_NOT_FOUND,
)
