"""XML by events gives what a tree would give, tells where rows begin, and goes nowhere deep or outside."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from core.errors import RefusedFileError
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.mapping.xml_paths import compile_paths
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.readers.xml.reader import read_xml
from tests.examples import examples

PATHS = ("a", "a/b", "@id", "a/@id", "b[a='x']/c", "b[@id='x']/c", "c/b[a='x']", "p:q")
NAMES = st.sampled_from(["a", "b", "c", "car"])
TEXT = st.sampled_from(["", " ", "x", " x ", "y&z", "<", "گاڑی", "two\nlines"])
ELEMENT = st.recursive(
    st.tuples(NAMES, st.dictionaries(st.just("id"), TEXT, max_size=1), TEXT, st.just([]), TEXT),
    lambda inner: st.tuples(
        NAMES, st.dictionaries(st.just("id"), TEXT, max_size=1), TEXT, st.lists(inner, max_size=4), TEXT
    ),
    max_leaves=20,
)


def grown(parent: etree._Element, spec: tuple[str, dict[str, str], str, list[object], str]) -> None:
    name, attributes, text, inner, tail = spec
    element = etree.SubElement(parent, name, attributes)
    element.text, element.tail = text, tail
    for each in inner:
        grown(element, each)  # type: ignore[arg-type]  # a recursive tuple


def said(element: etree._Element) -> str:
    return "".join(map(str, element.itertext())).strip()


def satisfies(element: etree._Element, condition: str) -> bool:
    """Like XPath's `a='x'`, but the padding of a text does not count."""
    name, _, value = condition.replace("'", "").partition("=")
    if name.startswith("@"):
        return (element.get(name[1:]) or "").strip() == value
    return any(said(child) == value for child in element.findall(name))


def by_tree(record: etree._Element, path: str) -> str | None:
    """Return the values at a path by walking the parsed tree."""
    found: list[etree._Element] = [record]
    texts: list[str] | None = None
    for part in path.split("/"):
        if part.startswith("@"):
            texts = [element.get(part[1:], "").strip() for element in found if part[1:] in element.attrib]
            break
        name, _, condition = part.rstrip("]").partition("[")
        found = [child for element in found for child in element.findall(name)]
        found = [element for element in found if not condition or satisfies(element, condition)]
    texts = texts if texts is not None else [said(element) for element in found]
    return "\n".join(text for text in texts if text) if texts else None


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(200))
@given(st.lists(ELEMENT, min_size=1, max_size=3), st.sampled_from(["utf-8", "utf-16", "iso-8859-6"]))
def test_events_give_what_a_tree_gives(cars: list[tuple[str, dict[str, str], str, list[object], str]], to: str) -> None:
    root = etree.Element("stock")
    for car in cars:
        grown(root, ("car", *car[1:]))
    paths = PATHS[:-1]
    table = read_xml(etree.tostring(root, encoding=to, xml_declaration=True), "stock/car", paths)
    for path in paths:
        wanted = [by_tree(record, path) for record in root.findall("car")]
        if path in table.frame.columns:
            assert table.frame[path].to_list() == wanted
        else:
            assert set(wanted) == {None}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "iso-8859-15"])
def test_offset_of_a_rejected_car_is_where_it_begins(encoding: str) -> None:
    car = '<car id="{}"><make>Citroën</make><model>C3</model><year>{}</year><price/></car>'
    text = f"<inventory>\n<!-- é -->{car.format(1, 2015)}\n  {car.format(2, 1900)}<x/>{car.format(3, 1901)}</inventory>"
    head = "\ufeff" if encoding == "utf-16-le" else f'<?xml version="1.0" encoding="{encoding}"?>'
    data = (head + text).encode(encoding)
    rejects = parse_feed(data, load_mapping("dealer-xml")).rejects
    begins = [data[offset:].decode(encoding)[:12] for offset in rejects["byte_offset"]]
    assert begins == ['<car id="2">', '<car id="3">']


def test_prefixes_do_not_matter() -> None:
    data = b'<s:stock xmlns:s="urn:s" xmlns:v="urn:v"><v:car id="1"><v:a>x</v:a></v:car></s:stock>'
    assert read_xml(data, "stock/car", ("a", "@id")).frame.rows() == [(1, "x", "1")]


@pytest.mark.parametrize("place", ["{}", "<stock>{}</stock>", "<stock><car>{}</car></stock>"])
def test_depth_is_limited_everywhere(place: str) -> None:
    with pytest.raises(RefusedFileError, match="nested more than 256 deep") as caught:
        read_xml(place.format("<a>" * 300 + "</a>" * 300).encode(), "stock/car", ("a",))
    assert caught.value.code == "malformed_xml"


@pytest.mark.parametrize("path", ["a//b", "a[b]", "a[b=1]/c", ""])
def test_malformed_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        compile_paths((path or "a/[x]",))
