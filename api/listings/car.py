"""The fields of a car, as every answer about a listing gives them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field


class CarFields(BaseModel):
    """The fields of a car. null: the source does not state it."""

    id: UUID
    title: str
    make: str
    model: str
    variant: str | None
    model_year: int
    mileage_km: int | None
    price_pkr: int | None = Field(description="Whole rupees; null: call for price.")
    fuel: str | None
    transmission: str | None
    body: str | None
    assembly: str | None
    color: str | None = Field(description="Colour family.")
    color_raw: str | None = Field(description="Colour as the dealer wrote it.")
    engine_cc: int | None
    battery_kwh: float | None
    city: str | None
    area: str | None
    province: str | None
    registered_in: str | None
    description: str | None
    photo_count: int = Field(description="Photos that the car's page shows.")
    photo_score: int | None = Field(description="What they are worth together, 0 to 100; null while none was judged.")
    has_good_photos: bool = Field(description="Enough of them are good.")
    created_at: datetime = Field(description="When the platform first saw the car.")
    updated_at: datetime
