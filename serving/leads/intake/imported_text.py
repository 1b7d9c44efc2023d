"""Say in words what a prospect of another system holds, so that nothing of it is lost to the desk. Pure."""

from typing import Final

from pipelines.leads.adf.prospects import Prospect, Vehicle

MOST_TEXT: Final = 20_000
_URDU: Final = range(0x0600, 0x0700)
_TYPES: Final = {"test-drive": "test_drive", "trade-in": "trade_in", "sell": "trade_in"}


def type_of(prospect: Prospect) -> str:
    """Return the type of lead: what the buyer wishes of the first car that is asked about."""
    interests = [each.interest for each in prospect.vehicles]
    wished = next((each for each in interests if each not in ("trade-in", "sell")), None)
    return _TYPES.get(wished or (interests[0] if interests else ""), "message")


def language_of(text: str) -> str:
    """Return `ur` where most letters of a text are of the Urdu script, else `en`."""
    letters = [letter for letter in text if letter.isalpha()]
    urdu = sum(ord(letter) in _URDU for letter in letters)
    return "ur" if urdu * 2 > len(letters) else "en"


def text_of(prospect: Prospect, *, unmatched: bool) -> str:
    """Return the buyer's comments, then the cars: all where none of ours was found, else those of the buyer.

    Phone numbers follow as they were written: one that we cannot call a person may.
    """
    told = [each for each in prospect.vehicles if unmatched or each.interest in ("trade-in", "sell")]
    lines = [prospect.comments, *(_line(each) for each in told)]
    if prospect.customer.phones:
        lines.append(f"Phone: {', '.join(prospect.customer.phones)}")
    text = "\n".join(line for line in lines if line) or "The message names neither a car nor a wish."
    return text[:MOST_TEXT]


def _line(car: Vehicle) -> str:
    distance = f"{car.odometer} {car.units}".strip()
    price = f"{car.currency} {car.price}".strip()
    said = (
        car.year, car.make, car.model, car.trim, car.stock and f"stock {car.stock}", car.vin and f"VIN {car.vin}",
        distance, price, car.comments,
    )  # fmt: skip
    return f"{car.interest}: {' '.join(part for part in said if part)}"
