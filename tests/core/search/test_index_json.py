"""A listing's JSON has the index's fields with their types: tantivy takes a wrong one of JSON without a word."""

import json
from typing import Any

import pytest
import tantivy
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.access.audience import Audience
from core.search import SearchQuery
from core.search.query import Facet
from core.search.tantivy import TantivyEngine
from core.search.tantivy.document import index_json
from core.search.tantivy.schema import build_schema
from core.vocabulary import Channel, Visibility
from tests.core.search.conftest import Fill, document, ids
from tests.examples import examples

SCHEMA = build_schema()
FIELDS = {field["name"] for field in SCHEMA.__reduce__()[1][0]["inner"]}
TEXT = st.text(max_size=12) | st.sampled_from(['7" tyres', "back\\slash", "line\nfeed", "\x00", "Citroën", "کرولا"])
MAYBE = st.none() | TEXT
NUMBER = st.none() | st.integers(0, 2**63 - 1)
COLUMNS = {
    "dealer": TEXT, "title": TEXT, "make": TEXT, "model": TEXT, "variant": MAYBE, "fuel": MAYBE, "color": MAYBE,
    "color_raw": MAYBE, "registered_in": MAYBE, "city": MAYBE | st.just("Lahore"), "area": MAYBE, "province": MAYBE,
    "description": MAYBE, "deal_rating": st.sampled_from(["great", None]), "has_good_photos": st.booleans(),
    "visibility": st.sampled_from(list(Visibility)), "channels": st.sampled_from([(), ("automart",), tuple(Channel)]),
    "model_year": st.integers(1900, 2100), "mileage_km": NUMBER, "price_pkr": NUMBER, "engine_cc": NUMBER,
    "photo_count": st.integers(0, 50), "photo_score": st.none() | st.integers(0, 100), "popularity": st.integers(0, 7),
}  # fmt: skip


@hypothesis_settings(max_examples=examples(200))
@given(st.fixed_dictionaries(COLUMNS))
def test_every_field_is_one_of_the_index_with_its_type(columns: dict[str, Any]) -> None:
    written = index_json(document(**columns))
    values = json.loads(written)
    assert json.loads(written, object_pairs_hook=len) == len(values), "a field twice: tantivy would take one of them"
    tantivy.Document.from_dict(values, SCHEMA)  # raises for a value of another type
    assert values.keys() <= FIELDS
    for column in ("make", "variant", "city"):
        assert values.get(f"facet_{column}") == (columns[column] or None)
    assert [values.get(name) for name in ("num_price", "num_mileage")] == [columns["price_pkr"], columns["mileage_km"]]
    assert values["is_has_photos"] == ("true" if columns["photo_count"] else "false")


@pytest.mark.parametrize(("name", "value"), [("num_price", "x"), ("num_price", 1.5), ("head", 1)])
def test_that_check_sees_what_json_hides(name: str, value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        tantivy.Document.from_dict({name: value}, SCHEMA)


@pytest.mark.parametrize("price", ["5", 1.5, 2**63, -(2**63) - 1])
def test_number_that_is_none_fails_before_anything_is_written(index: TantivyEngine, fill: Fill, price: object) -> None:
    cars = fill(one={})
    with pytest.raises((ValueError, TypeError, OverflowError)), index.updating() as batch:
        batch.upsert([document(), document(price_pkr=price)])
    assert ids(index) == [cars["one"]]


def test_texts_that_json_escapes_are_found_and_counted_as_they_are(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(one={"variant": 'G\\L"i\n', "description": 'said "mint"\\t'}, two={})
    assert ids(index, "mint") == [cars["one"]]
    page = index.search(SearchQuery("", facets=(Facet.VARIANT,)), Audience.anonymous())
    assert [(count.value, count.count) for count in page.facets[Facet.VARIANT]] == [('G\\L"i\n', 1)]
