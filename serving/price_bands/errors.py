"""Errors of the price bands domain, one class for each code."""

from uuid import UUID

from core.errors import InvalidInputError, NotFoundError


class PriceBandNotFoundError(NotFoundError):
    """The listing is on offer, and its band has not been computed yet."""

    code = "price_band_not_found"

    def __init__(self, listing_id: UUID) -> None:
        super().__init__(f"Listing {listing_id} is new; its price band comes with the next refresh.")


class MarketIndexNotFoundError(NotFoundError):
    """The segment has no index."""

    code = "market_index_not_found"

    def __init__(self, segment: str) -> None:
        super().__init__(f"There is no market index of {segment[:80]!a}: too few ads, or it has not been computed yet.")


class DepreciationNotFoundError(NotFoundError):
    """Too little is known of the model to show how its price falls with its years."""

    code = "depreciation_not_found"

    def __init__(self, make: str, model: str, reason: str) -> None:
        super().__init__(f"There is no depreciation curve of {make[:40]!a} {model[:40]!a}: {reason}.")


class ModelWithoutMakeError(InvalidInputError):
    """A model was named without its make."""

    code = "model_without_make"

    def __init__(self) -> None:
        super().__init__("Say of which make the model is.")


class InvalidCarError(InvalidInputError):
    """No car has this value; the sentence names it."""

    code = "invalid_car"

    def __init__(self, problem: str) -> None:
        super().__init__(f"This car cannot be: {problem}.")


class NoPriceModelError(NotFoundError):
    """No price model has been trained."""

    code = "no_price_model"

    def __init__(self) -> None:
        super().__init__("There is no price model yet: run `automart price-bands train` on imported listings first.")


class UnwritableFileError(InvalidInputError):
    """A result cannot be written where the caller wants it."""

    code = "unwritable_file"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"The file {path!a} cannot be written: {reason}.")
