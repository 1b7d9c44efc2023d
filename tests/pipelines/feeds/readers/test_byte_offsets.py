"""A reject says where its row begins in the file's bytes, whatever the encoding, line ends and format."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from tests.examples import examples

HEADER = "Stock No,Make,Model,Year,Demand,Remarks"
ROWS = {
    "good": "K{},Toyota,Corolla,2015,45 lacs,ok",
    "urdu": "K{},Toyota,Corolla,۲۰۱۵,۴۵ لاکھ,صاف گاڑی",
    "lines": 'K{},Toyota,Corolla,2015,45 lacs,"two\nlines\n\nand a ""word"""',
    "blank": ",,,,,",
    "bad_year": "K{},Toyota,Corolla,1920,45 lacs,صاف",
    "ragged": "K{},Toyota",
    "quote": 'K{},Toyota,Corolla,2015,45 lacs,"open',
}


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(80))
@given(
    st.lists(st.sampled_from(sorted(ROWS)), min_size=1, max_size=12),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_offset_of_a_row_is_where_it_begins(kinds: list[str], encoding: str, line_end: str) -> None:
    rows = [ROWS[kind].format(number) for number, kind in enumerate(kinds)]
    text = "\n".join([HEADER, *rows, ROWS["good"].format("last"), ROWS["bad_year"].format("end")])
    data = text.replace("\n", line_end).encode(encoding)
    parsed = parse_feed(data, load_mapping("showroom"))
    bare = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    begins = [data[offset:].decode(bare) for offset in parsed.rejects["byte_offset"]]
    wanted = [row for row, kind in zip(rows, kinds, strict=True) if kind in ("bad_year", "ragged", "quote")]
    assert [begin.partition(line_end)[0] for begin in begins] == [*wanted, ROWS["bad_year"].format("end")]


def test_invalid_utf8_byte_does_not_move_the_offsets() -> None:
    rows = ["K1,Toyota,Corolla,2015,45 lacs,صاف".encode()] * 3 + [b"K2,Toyota,Corolla,2015,45 lacs,caf\xe9"]
    data = b"\n".join([HEADER.encode(), *rows, b"K3,Toyota,Corolla,1920,45 lacs,x"])
    parsed = parse_feed(data, load_mapping("showroom"))
    found = parsed.rejects.filter(parsed.rejects["code"] != "duplicate_key")
    assert [data[offset:][:2] for offset in found["byte_offset"]] == [b"K2", b"K3"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("separator", [", ", "\n"])
def test_offset_of_a_json_record_is_where_it_begins(encoding: str, separator: str) -> None:
    cars = [{"id": f"K{n}", "make": "لاہور", "model": "x", "year": 1900, "price": 1} for n in range(4)]
    texts = [json.dumps(car, ensure_ascii=False) for car in cars]
    text = separator.join(texts) if separator == "\n" else f"[ {separator.join(texts)} ]"
    data = text.encode(encoding)
    parsed = parse_feed(data, load_mapping("json"))
    assert [data[offset:].decode(encoding)[: len(texts[0])] for offset in parsed.rejects["byte_offset"]] == texts


def test_list_inside_a_document_has_no_offsets_but_every_reject_has_a_severity() -> None:
    data = b'{"cars": [{"id": "1", "make": "A", "model": "B", "year": 1, "price": 1, "status": "sold"}]}'
    rejects = parse_feed(data, load_mapping("json")).rejects
    assert rejects["byte_offset"].to_list() == [None]
    assert rejects["severity"].to_list() == ["info"]
