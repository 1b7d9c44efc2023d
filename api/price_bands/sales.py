"""The part of a listing's price answer about a sale: what to expect of the asking price."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from serving.price_bands.expected_sale import SENTENCES, ExpectedSale

_REASONS = " ".join(f"`{code}`: {sentence}" for code, sentence in SENTENCES.items())
SALE: dict[str, JsonValue] = {
    "low_pkr": 3_255_000,
    "mid_pkr": 3_380_000,
    "high_pkr": 3_490_000,
    "no_price": None,
    "days_25": 11,
    "days_50": 24,
    "days_75": 55,
    "no_days": None,
}
NO_SALE: dict[str, JsonValue] = dict.fromkeys(SALE) | {"no_price": "too_few_sales", "no_days": "too_few_sales"}


class ExpectedSaleRead(BaseModel):
    """The price that a car is expected to sell for at its asking price, and how soon; null where nothing is known."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [SALE, NO_SALE]})

    low_pkr: int | None = Field(description="Lower end of the band that holds 80 % of sale prices, in rupees.")
    mid_pkr: int | None = Field(description="The expected sale price.")
    high_pkr: int | None = Field(description="Its upper end.")
    no_price: str | None = Field(description=f"Why there is no sale price; null where there is one. {_REASONS}")
    days_25: int | None = Field(description="Days on offer within which a quarter of such cars is sold.")
    days_50: int | None = Field(description="Half of them.")
    days_75: int | None = Field(description="Three quarters; null alone where too few sold so late.")
    no_days: str | None = Field(description="Why there are no days; as `no_price`.")

    @classmethod
    def of(cls, sale: ExpectedSale) -> "ExpectedSaleRead":
        """Make it from the service's."""
        return cls.model_validate(sale)
