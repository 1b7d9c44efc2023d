"""The names of a small stock, and what a text is read as beside it."""

from core.search.reading.reader import read
from core.search.reading.vocabulary import StockVocabulary
from core.search.words.typeahead import Suggestion, SuggestionKind

CARS = [
    ("Toyota", "Corolla", "GLi 1.3", 90), ("Toyota", "Corolla", "Altis Grande X CVT-i 1.8", 60),
    ("Toyota", "Corolla Cross", None, 8), ("Toyota", "Land Cruiser", "ZX", 20), ("Toyota", "Prado", "TX", 30),
    ("Toyota", "Hilux", "Revo V Automatic 2.8", 20), ("Adam", "Revo", None, 1), ("Honda", "Civic", "Oriel i-VTEC", 80),
    ("Honda", "Civic", "1.5 RS Turbo", 6),
    ("Honda", "City", "Aspire i-VTEC", 70), ("Honda", "BR-V", "i-VTEC S", 9), ("Suzuki", "Wagon R", "VXL", 40),
    ("Suzuki", "Alto", "VXR", 75), ("Suzuki", "Mehran", "VX Euro II", 75), ("Daihatsu", "Cuore", "CX", 20),
    ("Daihatsu", "Mira", None, 20), ("Peugeot", "2008", "Allure", 9), ("Mercedes Benz", "A Class", "A180", 3),
    ("Audi", "A4", "1.8 TFSI", 4), ("Ford", "F 150", None, 4), ("Ford", "F 150 Shelby", None, 1),
    ("Jeep", "Wrangler", None, 2), ("Hyundai", "Shehzore", None, 3), ("Kia", "Shehzore K2700", None, 1),
    ("Toyota", "Yaris Sedan", None, 8), ("Toyota", "Yaris Hatchback", None, 7),
    ("Toyota", "Prius", "S", 9), ("Suzuki", "Vitara", None, 4), ("Toyota", "Platz", None, 4),
    ("Nissan", "Dayz", None, 5),
    ("Toyota", "Porte", None, 2), ("Chery", "Other", None, 3),
]  # fmt: skip
CITIES = ["Karachi", "Lahore", "Islamabad", "Rawalpindi", "Wah Cantt", "Kallar Syedan"]


def suggestions() -> list[Suggestion]:
    found: dict[tuple[SuggestionKind, str], int] = {}
    for make, model, variant, count in CARS:
        named = [(SuggestionKind.MAKE, make), (SuggestionKind.MODEL, f"{make} {model}")]
        named += [(SuggestionKind.VARIANT, f"{make} {model} {variant}")] if variant else []
        for key in named:
            found[key] = found.get(key, 0) + count
    listed = [Suggestion(kind, value, count) for (kind, value), count in found.items()]
    return listed + [Suggestion(SuggestionKind.CITY, city, 10) for city in CITIES]


STOCK = StockVocabulary(suggestions())


def chips(text: str) -> dict[str, object]:
    """All filters and the order of a text, by name."""
    reading = read(text, STOCK)
    filters = {name: value for chip in reading.chips for name, value in chip.filters.items()}
    orders = [("sort", chip.sort.value) for chip in reading.chips if chip.sort is not None]
    return filters | dict(orders)


def left(text: str) -> str:
    """The words that are left for the engine."""
    return read(text, STOCK).text
