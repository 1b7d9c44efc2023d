"""Value the car that a buyer wants to trade in, as far as it can be valued honestly."""

from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from core.errors import AutomartError
from serving.price_bands.champion import ChampionCache
from serving.price_bands.quote_request import QuoteRequest
from serving.price_bands.service import quote_by

_TOLD = ("low_pkr", "mid_pkr", "high_pkr", "confidence", "method", "reason", "model_version")


def valued(session: Session, champion: ChampionCache, car: QuoteRequest) -> dict[str, Any]:
    """Return what is stated of a car, with its band; a model that cannot be read costs no lead, only its band."""
    stated = {name: value for name, value in asdict(car).items() if value is not None}
    try:
        band = quote_by(champion.get(session), [car])[0]
    except AutomartError as error:
        return stated | {"band": {"method": "none", "reason": error.code}}
    return stated | {"band": {name: getattr(band, name) for name in _TOLD}}
