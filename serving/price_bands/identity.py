"""Refuse a band for things that are not cars, and for models that neither the market nor the catalogue has."""

from dataclasses import dataclass
from typing import Final

from core.text.spelling import closest
from core.vocabulary import BandMethod
from models.price_bands.artifact import PriceBandModel
from models.price_bands.inputs.features import fold_text
from pipelines.feeds.normalise.catalogue import catalogue, compact
from pipelines.price_bands.samples.no_cars import is_no_car
from serving.price_bands.quote_request import QuoteRequest


@dataclass(frozen=True)
class Refusal:
    """Reason why a car gets no band, as a code and for people, and the name that may have been meant."""

    reason: str
    text: str
    did_you_mean: str | None = None


_NO_CAR: Final = Refusal("not_a_car", "This is no car: bikes, rickshaws, buses, tractors and parts are not priced.")
REFUSALS: Final = {
    _NO_CAR.reason: _NO_CAR.text,
    "unknown_model": "Neither the market nor the catalogue of cars knows a model of this name.",
}
"""The reasons why quotes get no band, beside those of `comparables.bands.SENTENCES`, each with its sentence."""


def refusal_of(model: PriceBandModel, car: QuoteRequest, method: str) -> Refusal | None:
    """Return why the car gets no band; None where it is a car whose model is known.

    Only cars that neither the regression nor its families know are looked up: the others are known by that.
    """
    if is_no_car(car.make, car.model, car.variant, car.engine_cc):
        return _NO_CAR
    if method == BandMethod.NONE:
        return _misspelt_make(model, car)
    if method != BandMethod.COMPARABLES or compact(car.model) in (known := _known_models(model, car.make)):
        return None
    meant = _closest(compact(car.model), known)
    return _unknown(f"No {car.make} of the model {car.model} is known", "unknown_model", meant)


def _misspelt_make(model: PriceBandModel, car: QuoteRequest) -> Refusal | None:
    if fold_text(car.make) in model.comparables.makes or compact(car.make) in catalogue():
        return None
    meant = _closest(compact(car.make), {key: make.name for key, make in catalogue().items()})
    return None if meant is None else _unknown(f"No make {car.make} is known", "unknown_make", meant)


def _unknown(sentence: str, reason: str, meant: str | None) -> Refusal:
    question = "" if meant is None else f" Did you mean {meant}?"
    return Refusal(reason, f"{sentence}.{question}", meant)


def _known_models(model: PriceBandModel, make: str) -> dict[str, str]:
    """Return the models of a make by compact spelling: those of the catalogue, and those on offer."""
    entry = catalogue().get(compact(make))
    listed = dict(entry.models) if entry is not None else {}
    prefix = f"{fold_text(make)}|"
    on_offer = (key.removeprefix(prefix) for key in model.comparables.models if key.startswith(prefix))
    return {compact(name): name.title() for name in on_offer} | listed


def _closest(name: str, known: dict[str, str]) -> str | None:
    found = closest(name, [key for key in known if key[:1] == name[:1]])
    return None if found is None else known[found]
