"""Reading XML by columns gives exactly what following a parser gives, or the same refusal."""

from functools import partial
from xml.parsers import expat

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import RefusedFileError
from pipelines.feeds.mapping.xml_paths import compile_paths
from pipelines.feeds.readers.xml.columnar import ColumnarReader
from pipelines.feeds.readers.xml.event_parser import EventParser
from pipelines.feeds.readers.xml.reader import XmlReader
from tests.examples import examples

WANTED = ("@id", "make", "note", "photos/photo", "price", "price/@unit", "place", "p:q")
VALUE = st.sampled_from([
    "", " ", "x", "Toyota", "Corolla GLi 1.3 VVTi", "exactly12chr", "گاڑی، صاف", "&amp;amp;", "a&#39;s", "&#x6A9;",
    "&#160;", "&#13;", "two\nlines", "two\r\nlines", "cr\ronly", "\u00a0x ", "'", "5 &lt; 6", " padded ", "\ttab",
])  # fmt: skip
FAULT = st.sampled_from([
    "<![CDATA[<car>]]>", "<!-- </car> -->", "<?x </car>?>", "&eacute;", "&#0;", "&#xFFFF;", ">", "]]>", "<b/>",
    "<car id='n'/>", "<make", "</make>", "&", "\x01", "\ufffe", '"', "<car>", "<p:q/>", "<!DOCTYPE a>", "&#99999999;",
    "<note a='1' a='2'/>",
])  # fmt: skip


@st.composite
def cars(draw: st.DrawFn) -> str:
    """One car, nearly always in order."""
    value = partial(draw, VALUE)
    quote = draw(st.sampled_from('""\''))
    attribute = value().replace(quote, "")
    photos = "".join(f"<photo>{value()}</photo>" for _ in range(draw(st.integers(0, 3))))
    optional = draw(st.sampled_from(["", f"<note>{value()}</note>", "<note/>", f"<p:q>{value()}</p:q>", "<a b='1'/>"]))
    fault = draw(FAULT) if draw(st.integers(0, 11)) == 0 else ""
    unit = draw(st.sampled_from(["", ' unit="km"', f' unit = "{value().replace(chr(34), "")}"', '\n unit="mi" ']))
    place = draw(st.sampled_from(["", "<place><city>Lahore</city>, Punjab</place>"] if draw(st.booleans()) else [""]))
    between = draw(st.sampled_from(["", "", "\n", " and ", "<!-- c -->"]))
    return (
        f"<car id={quote}{attribute}{quote}><make>{value()}</make>{fault}<price{unit}>{value()}</price>{optional}"
        f"{place}<photos>{photos}</photos></car>{between}"
    )


def by_parser(data: bytes) -> object:
    careful = EventParser("stock/car", WANTED)
    try:
        careful.feed(data, final=True)
    except (expat.ExpatError, ValueError, RefusedFileError) as error:
        return type(error)
    found = careful.take()
    return None if found is None else (found[0].rows(), found[1].tolist())


def by_blocks(data: bytes, size: int) -> object:
    reader = XmlReader("stock/car", WANTED, smallest_columnar=1)
    blocks = (data[start : start + size] for start in range(0, len(data), size))
    try:
        rows = list(reader.read(blocks))
    except (expat.ExpatError, ValueError, RefusedFileError) as error:
        return type(error)
    if not rows:
        return None
    begins = [int(begin) for _, begins in rows for begin in begins]
    return pl.concat([frame for frame, _ in rows]).rows(), begins


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(300))
@given(st.lists(cars(), min_size=1, max_size=12), st.integers(20, 3000), st.sampled_from(["utf-8", "latin-1", "none"]))
@example(["<car></car>"] * 9, 40, "utf-8")
@example(["<car id='1'><note> x </note></car><!-- <car></car> <car></car> -->"] * 3, 60, "utf-8")
def test_columnar_reader_and_event_parser_agree(records: list[str], size: int, encoding: str) -> None:
    head = "" if encoding == "none" else f"<?xml version='1.0' encoding='{encoding}'?>\n"
    text = f"{head}<stock>{''.join(records)}</stock>\n"
    data = text.encode("utf-8" if encoding == "none" else encoding, "xmlcharrefreplace")
    assert by_blocks(data, size) == by_parser(data)


@pytest.mark.parametrize(
    "inner",
    [
        "<make>Toyota</make><photos><photo>a</photo><photo>b</photo></photos>",
        "<make>گاڑی &amp; a&#39;s</make>\r\n<note> padded </note>",
        "<price unit='km'>5</price><other><deep/></other>",
    ],
)
def test_regular_cars_are_read_by_columns(inner: str) -> None:
    car = f'<car id="1">{inner}</car>'.encode()
    found = ColumnarReader(b"car", compile_paths(WANTED), WANTED).read(car + b"\n" + car)
    assert found is not None
    assert found[0].height == 2
