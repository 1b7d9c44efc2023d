"""An index in a folder, and documents to fill it with."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.access.audience import Audience
from core.search import ListingDocument, SearchEngine, SearchQuery
from core.search.tantivy import TantivyEngine

Fill = Callable[..., dict[str, UUID]]

PLAIN: dict[str, Any] = {
    "dealer": "khan-motors", "visibility": "public", "channels": ("automart",), "title": "car",
    "make": "Toyota", "model": "Corolla", "variant": None, "model_year": 2018, "mileage_km": 80_000,
    "price_pkr": 3_500_000, "fuel": "petrol", "transmission": None, "body": None, "assembly": None, "color": None,
    "engine_cc": 1_300, "registered_in": None,
    "color_raw": None, "city": "Lahore", "area": None, "province": None, "description": None,
    "deal_rating": None, "photo_count": 0, "photo_score": None, "has_good_photos": False, "fresh_on": date(2026, 1, 1),
    "popularity": 0,
}  # fmt: skip


def document(**values: Any) -> ListingDocument:
    return ListingDocument(**{"id": uuid4(), "org_id": UUID(int=7)} | PLAIN | values)


def ids(index: SearchEngine, text: str = "", audience: Audience | None = None, **query: Any) -> list[UUID]:
    return index.search(SearchQuery(text, **query), audience or Audience.anonymous()).ids


@pytest.fixture
def index(tmp_path: Path) -> TantivyEngine:
    return TantivyEngine(tmp_path / "search", lock_timeout=0.3)


@pytest.fixture
def fill(index: TantivyEngine) -> Fill:
    """Build the index from named documents; the ids by name."""

    def filled(**named: dict[str, Any]) -> dict[str, UUID]:
        documents = {name: document(**values) for name, values in named.items()}
        with index.rebuilding() as batch:
            batch.upsert(documents.values())
        return {name: made.id for name, made in documents.items()}

    return filled
