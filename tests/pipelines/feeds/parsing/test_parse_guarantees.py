"""Guarantees for any bytes: one outcome a row, canonical columns within their limits, and one kind of error."""

import json
from collections.abc import Callable
from functools import partial

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from core.errors import RefusedFileError
from core.listing_frame import REQUIRED_COLUMNS
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping, mapping_names
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.parsing.spill import ROW_SCHEMA
from pipelines.feeds.refusal_codes import REFUSALS
from pipelines.feeds.reject_codes import REJECT_CODES, REJECT_SCHEMA, VALUE_LIMIT
from tests.examples import examples

MAPPINGS = [load_mapping(name) for name in mapping_names()]
DELIMITED = [mapping for mapping in MAPPINGS if mapping.format == "delimited"]
TRICKY = st.sampled_from([
    '"', ",", "\n", "\r\n", ";", "|", "\t", "\x00", "4.63 crore", "45,00,000", "PKR", "۴۵ لاکھ", "2015", "20155",
    "Toyota", "Corolla", "-5", "1e400", "inf", "nan", "9" * 25, "km", "mi", "call", "é", "\ufeff", "[", "{", " ",
    "https://x.example/toyota-corolla-2015-for-sale-in-x-12", "Apr 29, 2025", "0000-00-00", "public", "sold", "kWh",
])  # fmt: skip
CELL = st.lists(TRICKY, max_size=4).map("".join) | st.text(max_size=10)
JSON_KEYS = [*load_mapping("json").source_columns(), *load_mapping("cardealerdp").source_columns(), "amount", "unit"]
quick = partial(settings, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(data: bytes, mapping: Mapping, *, require_price_column: bool = True) -> None:
    refusal = None
    try:
        parsed = parse_feed(data, mapping, require_price_column=require_price_column)
    except RefusedFileError as error:
        refusal = error
    if refusal is not None:
        assert refusal.code in REFUSALS
        assert refusal.detail.endswith(".")
        return
    listings, rejects = parsed.listings, parsed.rejects
    assert parsed.rows_read == listings.height + rejects.height > 0
    assert dict(listings.schema) == dict(ROW_SCHEMA)
    assert dict(rejects.schema) == dict(REJECT_SCHEMA)
    assert pl.concat([listings["row_number"], rejects["row_number"]]).n_unique() == parsed.rows_read
    assert listings["source_key"].is_unique().all()
    assert [name for name in REQUIRED_COLUMNS if listings[name].null_count()] == []
    assert set(rejects["code"]) <= set(REJECT_CODES)
    assert (listings["price_pkr"].drop_nulls() >= 10_000).all()
    assert (listings["mileage_km"].drop_nulls() >= 0).all()
    texts = [rejects["value"], rejects["source_key"], *listings.select(pl.col(pl.String)).get_columns()]
    assert not any(text.str.contains("\x00", literal=True).any() for text in texts)  # PostgreSQL takes none
    assert (rejects["value"].drop_nulls().str.len_chars() <= VALUE_LIMIT).all()


@quick(max_examples=examples(150))
@given(st.sampled_from(MAPPINGS), st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(mapping: Mapping, data: bytes) -> None:
    check(data, mapping)


@pytest.mark.slow
@quick(max_examples=examples(60))
@given(
    st.sampled_from(DELIMITED),
    st.lists(st.lists(CELL, min_size=1, max_size=14), max_size=6),
    st.sampled_from(["utf-8", "utf-16", "cp1252", "utf-16-le"]),
    st.sampled_from(",;\t|"),
    st.booleans(),
)
def test_any_row_under_a_valid_header_has_one_outcome(
    mapping: Mapping, rows: list[list[str]], encoding: str, delimiter: str, with_price: bool
) -> None:
    delimiter = mapping.delimiter or delimiter
    header = [f'"{name}"' if delimiter in name else name for name in mapping.source_columns()]
    text = "\n".join(delimiter.join(cells) for cells in [header, *rows])
    check(text.encode(encoding, "replace"), mapping, require_price_column=with_price)


def _showroom(cells: list[str]) -> bytes:
    names = ("Make", "Model", "Year", "Mileage", "Demand", "Engine", "Photos", "Listed", "Colour", "Location")
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
    return f"Stock No,{','.join(names)}\nK1,{','.join(quoted)}\n".encode("utf-8", "replace")


def _car_xml(cells: list[str]) -> bytes:
    root = etree.Element("inventory")
    car = etree.SubElement(root, "car", id="K1")
    for name, cell in zip(("make", "model", "year", "mileage", "price", "engine"), cells, strict=False):
        try:
            etree.SubElement(car, name).text = cell
        except ValueError:  # XML has no way to say it
            continue
    return etree.tostring(root)


@pytest.mark.slow
@quick(max_examples=examples(50))
@given(st.lists(CELL, min_size=10, max_size=10))
@pytest.mark.parametrize(("mapping", "write"), [("showroom", _showroom), ("dealer-xml", _car_xml)])
def test_any_cells_have_one_outcome(mapping: str, write: Callable[[list[str]], bytes], cells: list[str]) -> None:
    check(write(cells), load_mapping(mapping))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELL,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(JSON_KEYS) | st.text(), inner, max_size=8)
    ),
    max_leaves=30,
)


@pytest.mark.slow
@quick(max_examples=examples(80))
@given(
    st.sampled_from(["json", "cardealerdp"]), st.lists(ANY_JSON, max_size=4), st.sampled_from(["list", "lines", "at"])
)
def test_any_json_has_one_outcome_a_record(mapping: str, records: list[object], form: str) -> None:
    document: object = {"cars": records, "resources": [{"name": "car", "data": records}]} if form == "at" else records
    text = "\n".join(map(json.dumps, records)) if form == "lines" else json.dumps(document)
    check(text.encode(), load_mapping(mapping))


@quick(max_examples=examples(40))
@given(st.lists(st.sampled_from(["good", "ragged", "quote", "nul", "latin"]), min_size=1, max_size=25))
@pytest.mark.slow
def test_bad_row_does_not_affect_other_rows(kinds: list[str]) -> None:
    head = b"Stock No,Make,Model,Year,Demand,Remarks\n"
    rows = {
        "good": 'K{0},Toyota,Corolla,2015,45 lacs,"صاف, clean ""first"" owner"',
        "ragged": "K{0},Toyota,Corolla",
        "quote": 'K{0},Toyota,Corolla,2015,45 lacs,"never closed',
        "nul": "K{0},Toyota,Corolla,2015,45 lacs,\x00",
        "latin": "K{0},Toyota,Corolla,2015,45 lacs,caf\udce9",
    }
    lines = [rows[kind].format(number) for number, kind in enumerate(kinds)]
    # Enough UTF-8 to tell that the file is UTF-8, whatever stands above.
    lines += [rows["good"].format(number) for number in range(100, 126)]
    parsed = parse_feed(head + "\n".join(lines).encode("utf-8", "surrogateescape"), load_mapping("showroom"))
    assert parsed.rows_read == len(lines)
    assert parsed.listings.height == kinds.count("good") + 26


def test_same_bytes_give_the_same_result() -> None:
    data = _showroom(["Toyota", "Corolla", "2015", "1", "45 lacs", "", "", "", "Red", "Lahore"])
    first, second = (parse_feed(data, load_mapping("showroom")) for _ in range(2))
    assert first.listings.equals(second.listings)
    assert first.rejects.equals(second.rejects)


def test_file_without_prices_is_read_when_none_are_required() -> None:
    data = b"Stock No,Make,Model,Year\nK1,Toyota,Corolla,2015\n"
    assert parse_feed(data, load_mapping("showroom"), require_price_column=False).listings.height == 1


def test_unusable_price_is_null_when_none_is_required() -> None:
    data = b"Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2015,$45\n"
    parsed = parse_feed(data, load_mapping("showroom"), require_price_column=False)
    assert parsed.listings["price_pkr"].to_list() == [None]


def test_entities_are_neither_expanded_nor_fetched() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE i [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><inventory>&b;</inventory>'
    with pytest.raises(RefusedFileError) as refusal:
        parse_feed(bomb, load_mapping("dealer-xml"))
    assert refusal.value.code == "xml_with_dtd"
