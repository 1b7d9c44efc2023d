"""The part of a price answer about a sale: what to expect of the asking price."""

from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from serving.price_bands.expected_sale import SENTENCES, ExpectedSale

_REASONS = " ".join(f"`{code}`: {sentence}" for code, sentence in SENTENCES.items())
SALE: dict[str, JsonValue] = {
    "asked_pkr": 3_550_000,
    "low_pkr": 3_255_000,
    "mid_pkr": 3_380_000,
    "high_pkr": 3_490_000,
    "no_price": None,
    "no_price_text": None,
    "days_25": 11,
    "days_50": 24,
    "days_75": 55,
    "no_days": None,
}
NO_SALE: dict[str, JsonValue] = dict.fromkeys(SALE) | {
    "asked_pkr": 3_550_000,
    "no_price": "too_few_sales",
    "no_price_text": SENTENCES["too_few_sales"],
    "no_days": "too_few_sales",
}
NO_SALE_WITHOUT_BAND: dict[str, JsonValue] = dict.fromkeys(SALE) | {
    "no_price": "no_band",
    "no_price_text": SENTENCES["no_band"],
    "no_days": "no_band",
}


class ExpectedSaleRead(BaseModel):
    """The price that a car is expected to sell for at its asking price, and how soon; null where nothing is known."""

    model_config = ConfigDict(json_schema_extra={"examples": [SALE, NO_SALE]})

    asked_pkr: int | None = Field(
        description="The asking price at which all this is expected; of a quote without one the middle of its band."
    )
    low_pkr: int | None = Field(description="Lower end of the band that holds 80 % of sale prices, in rupees.")
    mid_pkr: int | None = Field(description="The expected sale price.")
    high_pkr: int | None = Field(description="Its upper end.")
    no_price: str | None = Field(description=f"Why there is no sale price; null where there is one. {_REASONS}")
    no_price_text: str | None = Field(description="The same for people.")
    days_25: int | None = Field(description="Days on offer within which a quarter of such cars is sold.")
    days_50: int | None = Field(description="Half of them.")
    days_75: int | None = Field(description="Three quarters; null alone where too few sold so late.")
    no_days: str | None = Field(description="Why there are no days; as `no_price`.")

    @classmethod
    def of(cls, sale: ExpectedSale) -> "ExpectedSaleRead":
        """Make it from the service's."""
        text = None if sale.no_price is None else SENTENCES[sale.no_price]
        return cls(**asdict(sale), no_price_text=text)
