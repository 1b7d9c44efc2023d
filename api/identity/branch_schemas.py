"""Branches, as they are sent and answered."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.identity.org_parameters import Line
from api.parameters import JSON_NUMBER
from core.db.tables import Branch

_Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_Span = Annotated[
    str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")
]
_Phone = Annotated[str, StringConstraints(pattern=r"^[+0-9][0-9 ()-]{4,30}$")]
_Phones = Annotated[list[_Phone], Field(max_length=10)]
_EXAMPLE: dict[str, Any] = {
    "code": "dha",
    "name": "DHA showroom",
    "city": "Lahore",
    "phones": ["042 35711111"],
    "address": "Main Boulevard 12, DHA",
    "point": {"latitude": 31.47, "longitude": 74.41},
    "opening_hours": {"mon": ["09:00-18:00"], "sat": ["10:00-13:00", "15:00-18:00"]},
}


class Point(BaseModel):
    """A place on earth."""

    model_config = ConfigDict(extra="forbid")

    latitude: Annotated[float, Field(ge=-90, le=90), JSON_NUMBER]
    longitude: Annotated[float, Field(ge=-180, le=180), JSON_NUMBER]


class BranchDetails(BaseModel):
    """Changes of a branch; a field that is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"phones": ["042 35711111"]}]})

    name: Line | None = Field(default=None, description="The branch's name; null leaves it.")
    city: Line | None = Field(default=None, description="The town.")
    phones: _Phones | None = Field(default=None, description="Published numbers; null: none.")
    address: Line | None = Field(default=None, description="Street and number.")
    point: Point | None = Field(default=None, description="Where it stands.")
    opening_hours: dict[_Day, list[_Span]] | None = Field(default=None, description="Spans of time by day of the week.")

    def columns(self) -> dict[str, Any]:
        """Return the given fields as columns of the table."""
        given: dict[str, Any] = self.model_dump(include=self.model_fields_set - {"code"})
        if "point" in given:
            point = given.pop("point") or {"latitude": None, "longitude": None}
            given |= point
        if "phones" in given:
            given["phones"] = given["phones"] or []
        if given.get("name", "") is None:
            del given["name"]
        return given


class BranchCreate(BranchDetails):
    """A new branch."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    code: Line = Field(description="What feeds call it; it never changes.")
    name: Line = Field(description="The branch's name.")


class BranchRead(BaseModel):
    """A branch."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    code: str = Field(description="What feeds call it.")
    name: str
    city: str | None
    phones: list[str]
    address: str | None
    point: Point | None
    opening_hours: dict[str, list[str]] | None

    @classmethod
    def of(cls, row: Branch) -> Self:
        """Describe a row of `branches`."""
        at = row.latitude, row.longitude
        point = None if at[0] is None or at[1] is None else Point(latitude=at[0], longitude=at[1])
        named = ("code", "name", "city", "phones", "address", "opening_hours")
        return cls(point=point, **{name: getattr(row, name) for name in named})


class BranchList(BaseModel):
    """The branches of an organisation."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"branches": [_EXAMPLE]}]})

    branches: list[BranchRead]
