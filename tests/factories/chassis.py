"""Stock lists of dealers with chassis numbers."""

from pipelines.feeds.mapping.schema import Mapping

CHASSIS_MAPPING = Mapping.model_validate(
    {
        "name": "stock", "version": 2, "about": "tests", "delivery": "full", "key": ["Stock"],
        "columns": {
            "make": "Make", "model": "Model", "model_year": "Year", "price": "Price", "chassis_number": "VIN",
        },
        "constants": {"visibility": "public", "channels": "automart"},
    }
)  # fmt: skip


def chassis_sheet(*cars: tuple[str, str, int]) -> bytes:
    """Write Toyota Corollas: stock number, chassis number, price."""
    lines = [f"{key},Toyota,Corolla,2018,{price},{number}" for key, number, price in cars]
    return "\n".join(["Stock,Make,Model,Year,Price,VIN", *lines, ""]).encode()
