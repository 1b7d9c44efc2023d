"""Recognise ads and requests that name a motorbike, a rickshaw, a bus, a tractor or parts in place of a car."""

import re
from typing import Final

NO_CAR: Final = (
    r"\b(motor ?bikes?|motor ?cycles?|bikes?|scooters?|scooty|(loader )?ric?kshaws?|qingqi|chingchi|tractors?|"
    r"trolleys?|excavators?|forklifts?|cranes?|coasters?|hino|nkr|npr|"
    r"cd ?70|cg ?125|cb ?150f|gs ?150|gd ?110s?|ybr ?125\w*|ybz|70 ?cc|125 ?cc)\b"
)
"""Words in make, model and variant that tell of no car, in lower case."""
GOODS: Final = (
    r"\b(spare parts?|auto parts?|parts for|for parts|engine for sale|number plates?|alloy rims? for|tyres? for)\b"
)
"""Words in the title that tell of no car, in lower case."""
BIKE_CC: Final = 250
"""Engines of bike makers up to this size are of bikes."""
BIKE_MAKERS: Final = (
    "yamaha", "kawasaki", "roadprince", "unique", "superpower", "ravi", "hispeed", "metro", "benelli",
)  # fmt: skip
_NO_CAR: Final = re.compile(NO_CAR)


def is_no_car(make: str, model: str, variant: str | None, engine_cc: int | None) -> bool:
    """Tell whether the names of a single vehicle are those of no car."""
    small = engine_cc is not None and engine_cc <= BIKE_CC and re.sub(r"\W", "", make.casefold()) in BIKE_MAKERS
    return small or _NO_CAR.search(f"{make} {model} {variant or ''}".casefold()) is not None
