"""Strict writing of ADF documents, and the way back."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.leads.adf.prospects import INTERESTS, AdfId, Person, Prospect, Vehicle
from pipelines.leads.adf.read import read_adf
from pipelines.leads.adf.rules import faults_of
from pipelines.leads.adf.tree import read_tree
from pipelines.leads.adf.write import write_adf
from tests.pipelines.leads.adf.documents import OFFICIAL_SAMPLE

_CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
_TEXT = st.text(_CHARACTERS | st.sampled_from("<>&\"'“”]\n\t"), max_size=20).map(str.strip)
_SAID = _TEXT.filter(bool)
_LINE = _TEXT.map(lambda text: " ".join(text.split()))


@st.composite
def _vehicles(draw: st.DrawFn) -> Vehicle:
    odometer, price = draw(_TEXT), draw(_TEXT)
    texts = {name: draw(_TEXT) for name in ("year", "model", "vin", "stock", "trim", "comments")}
    return Vehicle(
        **texts,
        make=draw(_SAID),
        odometer=odometer,
        units=draw(st.sampled_from(["", "km", "mi"])) if odometer else "",
        price=price,
        currency=draw(st.sampled_from(["", "PKR"])) if price else "",
        interest=draw(st.sampled_from(INTERESTS)),
        status=draw(st.sampled_from(["", "new", "used"])),
    )


_PROSPECTS = st.builds(
    Prospect,
    ids=st.lists(st.builds(AdfId, _SAID, _LINE, st.integers(1, 9).map(str)), max_size=2).map(tuple),
    requested=_TEXT,
    vehicles=st.lists(_vehicles(), max_size=2).map(tuple),
    customer=st.builds(Person, _TEXT, _TEXT, st.lists(_SAID, max_size=2, unique=True).map(tuple)),
    comments=_TEXT,
    vendor=_SAID,
    provider=_TEXT,
    resent=st.booleans(),
)


@given(st.lists(_PROSPECTS, min_size=1, max_size=2).map(tuple))
def test_what_is_written_is_valid_and_read_as_it_was(prospects: tuple[Prospect, ...]) -> None:
    document = write_adf(prospects)

    ElementTree.fromstring(document.encode())  # well-formed for a real parser
    assert list(faults_of(read_tree(document))) == []
    assert read_adf(document) == prospects


def test_official_sample_becomes_valid() -> None:
    sample = read_adf(OFFICIAL_SAMPLE)

    assert read_adf(write_adf(sample)) == sample
    assert list(faults_of(read_tree(write_adf(sample)))) == []
    assert list(faults_of(read_tree(OFFICIAL_SAMPLE))) != []


def test_characters_that_xml_forbids_are_left_out() -> None:
    prospect = Prospect(comments="a\0b\ud800c\x1b", ids=(AdfId("1", "a\nb", "first"),), vendor="V")

    (found,) = read_adf(write_adf([prospect]))

    assert found.comments == "abc"
    assert found.ids == (AdfId("1", "a b", "1"),)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ("<adf/>", "<adf> holds nothing; it should hold prospect+."),
        ("<prospect/>", "The document is one <adf> element."),
        ("<adf><prospect><id>1</id></prospect></adf>", "<id> lacks its attribute source."),
        ("<adf>text</adf>", "<adf> holds text beside its elements."),
        ("<adf><car/></adf>", "There is no element <car>."),
        ('<adf><prospect status="old"/></adf>', "<prospect> has no attribute status, or not with this value."),
        ("<adf><year><make/></year></adf>", "<year> holds text alone."),
    ],
)
def test_broken_rule_is_named(document: str, fault: str) -> None:
    assert fault in list(faults_of(read_tree(document)))
