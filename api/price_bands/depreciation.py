"""GET /v1/price-bands/depreciation: how the price of a model falls with its years."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from api.contract.documented import problems
from api.deps import AudienceDep, SessionDep, StateDep
from api.parameters import Name
from api.price_bands.endpoints import router
from api.price_bands.problems import DEPRECIATION_NOT_FOUND, INVALID_CAR, NO_PRICE_MODEL, STORAGE_UNAVAILABLE
from serving.price_bands.depreciation import DepreciationCurve, depreciation_of


class YearOfModelRead(BaseModel):
    """The asking price of the usual car of one model year."""

    model_config = ConfigDict(from_attributes=True)

    model_year: int
    age: int = Field(description="Years from the model year to this year; -1 for a car of next year.")
    low_pkr: int = Field(description="The band of 80 %, as a quote of make, model and year alone gives it.")
    mid_pkr: int
    high_pkr: int
    share_of_newest: float = Field(description="Of the middle of the newest year shown: 0.8 has lost a fifth.")
    method: str = Field(description="model, family or comparables.")
    offers: int = Field(description="Cars of the year on offer; a year of few leans on its neighbours and like models.")


class DepreciationRead(BaseModel):
    """The model years between the newest and the oldest car on offer that have a band, newest first."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "make": "Toyota",
                    "model": "Corolla",
                    "model_version": "20260509-081500-3fa9c1",
                    "years": [
                        {"model_year": 2024, "age": 2, "low_pkr": 6_100_000, "mid_pkr": 6_800_000,
                         "high_pkr": 7_400_000, "share_of_newest": 1.0, "method": "model", "offers": 41},
                        {"model_year": 2023, "age": 3, "low_pkr": 5_700_000, "mid_pkr": 6_300_000,
                         "high_pkr": 6_900_000, "share_of_newest": 0.9265, "method": "model", "offers": 57},
                    ],
                }
            ]
        },
    )  # fmt: skip

    make: str
    model: str
    model_version: str
    years: list[YearOfModelRead]

    @classmethod
    def of(cls, curve: DepreciationCurve) -> "DepreciationRead":
        """Make it from the service's."""
        return cls.model_validate(curve)


@router.get(
    "/price-bands/depreciation",
    summary="Read how a model's price falls with its years",
    responses=problems(DEPRECIATION_NOT_FOUND, NO_PRICE_MODEL, INVALID_CAR, STORAGE_UNAVAILABLE),
)
def read_depreciation(
    session: SessionDep,
    audience: AudienceDep,
    state: StateDep,
    make: Annotated[Name, Query(description="As in a listing; spelling is folded.", examples=["Toyota"])],
    model: Annotated[Name, Query(description="Of the make.", examples=["Corolla"])],
) -> DepreciationRead:
    """Return the band of every model year between the newest and the oldest car on offer, at most 30.

    Prices are of the usual car of the year on today's market, not a forecast of what one car will lose.
    """
    return DepreciationRead.of(depreciation_of(session, state.champion, make, model, audience))
