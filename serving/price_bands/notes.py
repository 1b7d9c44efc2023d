"""Tell a caller which words of a request the price of the car does not rest on."""

from dataclasses import dataclass
from typing import Final

from core.text.spelling import closest
from models.price_bands.inputs.features import fold_text, words
from serving.price_bands.champion import Champion
from serving.price_bands.quote_request import QuoteRequest

UNKNOWN_TRIM: Final = "unknown_trim"


@dataclass(frozen=True, slots=True)
class Note:
    """A part of the request that the band takes no account of."""

    input: str  # the field of the request
    code: str
    text: str  # for people
    did_you_mean: str | None  # a known word that is spelled alike


def notes_of(found: Champion, car: QuoteRequest) -> tuple[Note, ...]:
    """Return a note for each word of the trim that no car of the model has, in the order of the words.

    Models that the regression does not know have none: their bands never rest on the trim.
    """
    trims = found.trims.get(f"{fold_text(car.make)}|{fold_text(car.model)}")
    if trims is None or not car.variant:
        return ()
    strange = [word for word in dict.fromkeys(words(car.variant)) if not any(word in trim for trim in trims)]
    return tuple(_note(found, car, trims, word) for word in strange)


def _note(found: Champion, car: QuoteRequest, trims: list[str], word: str) -> Note:
    known = [token for token in found.trim_words if any(token in trim for trim in trims)]
    meant = closest(word, known)
    question = "" if meant is None else f" Did you mean {meant}?"
    text = f"No {car.make} {car.model} with {word!r} in its trim is known: the band does not rest on it.{question}"
    return Note("variant", UNKNOWN_TRIM, text, meant)
