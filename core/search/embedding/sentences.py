"""Write the sentence that is embedded for a car: its attributes in words, never the dealer's own text.

Dealers' texts are full of telephone numbers and exclamation marks. Mileage and exact price are left out: numbers mean
little to the model, and without them the same sentence serves many cars and is computed once.
"""

from core.search.document import ListingDocument

_LACS = 100_000
_PRICE_WORDS = ((15, "very cheap"), (30, "cheap"), (60, "mid-priced"), (150, "expensive"))
_DEAREST = "luxury, very expensive"


def sentence_of(document: ListingDocument) -> str:
    """Write the sentence that is embedded for a listing.

    For example: Toyota Corolla GLi 2018, white petrol manual sedan, mid-priced, in Lahore.
    """
    name = _joined(document.make, document.model, document.variant, str(document.model_year))
    looks = _joined(document.color, document.fuel, document.transmission, document.body or "car")
    place = f"in {document.city}" if document.city else None
    return ", ".join(part for part in (name, looks, _price(document.price_pkr), place) if part)


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)


def _price(price: int | None) -> str | None:
    if price is None:
        return None
    return next((word for lacs, word in _PRICE_WORDS if price < lacs * _LACS), _DEAREST)
