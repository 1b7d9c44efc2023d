"""A listing's fields are written down in five places; they name the same fields, with the same types, but for these.

Whoever adds a column to one of the lists is told here where else it belongs, or writes down why it does not.
"""

from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest

from api.listings.schemas import ListingCard, ListingHit, ListingRead
from core.db.tables import Listing
from core.listing_frame import LISTING_SCHEMA, REQUIRED_COLUMNS
from core.search import ListingDocument
from serving.listings.finding.views import ListingView

FRAME = set(LISTING_SCHEMA)
TABLE = set(Listing.__table__.columns.keys())
INDEX = set(get_type_hints(ListingDocument))
VIEW = set(get_type_hints(ListingView))
READ, CARD, HIT = (set(each.model_fields) for each in (ListingRead, ListingCard, ListingHit))
PHOTOS = {"photo_count", "photo_score", "has_good_photos"}  # of ours, of which `photos` in the table holds none

PROVENANCE = {"origin", "content_hash", "content_hash_version", "file_id", "row_number", "source"}
OF_THE_DEALER = {"org_id", "seller_id", "branch_id", "source_key", "visibility", "channels"}
LIFE = {"state_by", "sold_price_pkr", "sold_on", "renewed_at", "removed_at", "sequence"}
KEYS = {"make_key", "model_key"}  # computed by the database, for look-ups by any spelling
TIMES = {"created_at", "updated_at"}


@pytest.mark.parametrize(
    ("one", "other", "only_one", "only_other"),
    [
        pytest.param(
            FRAME, TABLE,
            {"branch_code"},  # the table has the branch's id
            {"id", "org_id", "branch_id", "seller_id", "status"} | KEYS | LIFE | TIMES | PROVENANCE | PHOTOS,
            id="core.listing_frame and core.db.tables.listings",
        ),
        pytest.param(
            TABLE, INDEX,
            # Not searched: read from the table when a page is made. Live listings alone are in the index.
            {"battery_kwh", "url", "branch_id", "source_key", "status", "seller_id"}
            | KEYS
            | LIFE
            | TIMES
            | PROVENANCE
            | {"photos", "listed_on"},  # searched as photo_count and fresh_on
            {"fresh_on", "dealer", "deal_rating", "popularity"},  # from orgs, price_bands and listing_popularity
            id="core.db.tables.listings and core.search.document",
        ),
        pytest.param(
            TABLE, VIEW,
            OF_THE_DEALER | KEYS | LIFE | PROVENANCE,  # they tell a competitor about the dealer
            {"dealer_code", "dealer_name", "dealer_kind", "deal_rating"}  # from orgs and price_bands
            | {"remote_photos"},  # the table's `photos`; the view's are from listing_photos
            id="core.db.tables.listings and serving.listings.finding.views",
        ),
        pytest.param(
            VIEW, READ,
            {"dealer_code", "dealer_name", "dealer_kind"},
            {"dealer"},  # the three in one object
            id="serving.listings.finding.views and api.listings.schemas",
        ),
        pytest.param(
            READ, CARD,
            {"photos", "remote_photos"}, {"cover"},  # lists show the cover alone
            id="a listing and one in a list in api.listings.schemas",
        ),
        pytest.param(CARD, HIT, set(), {"distance_km", "highlight"}, id="a listing in a list and a hit"),
    ],
)  # fmt: skip
def test_lists_of_fields_differ_by_these_names_alone(
    one: set[str], other: set[str], only_one: set[str], only_other: set[str]
) -> None:
    assert (one - other, other - one) == (only_one, only_other)


def test_fields_have_the_same_types_in_index_view_and_answer() -> None:
    index, view = get_type_hints(ListingDocument), get_type_hints(ListingView)
    read: dict[str, Any] = {name: field.annotation for name, field in ListingRead.model_fields.items()}
    same = (VIEW & READ) - {"photos"}  # addresses are made where the request is known
    assert {name: view[name] for name in same} == {name: read[name] for name in same}
    shared = (INDEX & VIEW) - {"deal_rating"}  # a plain string in the index
    assert {name: index[name] for name in shared} == {name: view[name] for name in shared}


def test_fields_may_be_absent_where_their_columns_may_be_null() -> None:
    nullable = {name for name, column in Listing.__table__.columns.items() if column.nullable}
    for hints in (get_type_hints(ListingDocument), get_type_hints(ListingView)):
        optional = {name for name in hints.keys() & TABLE if NoneType in get_args(hints[name])}
        assert optional == nullable & hints.keys()
    # A feed may leave out the photos: the table then has an empty list.
    assert (FRAME & TABLE) - nullable - {"photos"} == set(REQUIRED_COLUMNS)
