"""Marks show what matched, and whatever a dealer wrote stays text."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from core.search.words.fuzzy_match import Matcher, within_typos
from core.search.words.highlight import marked
from tests.core.search.words.test_text_oracle import edits


def test_words_that_match_are_marked_as_they_are_written() -> None:
    assert marked("Toyota COROLLA GLi 2018", Matcher("corola 2018")) == "Toyota <em>COROLLA</em> GLi <em>2018</em>"
    assert marked("Citroën C3", Matcher("citroen")) == "<em>Citroën</em> C3"
    assert marked("Corollas and Corona", Matcher("coroll")) == "<em>Corollas</em> and Corona"
    assert marked("Toyota Corolla", Matcher("کرولا")) == "Toyota <em>Corolla</em>"
    assert marked("فروخت کرولا ۲۰۱۸", Matcher("کرولا 2018")) == "فروخت <em>کرولا</em> <em>۲۰۱۸</em>"


def test_what_does_not_match_has_no_marks() -> None:
    assert marked("Honda Civic", Matcher("corolla")) is None
    assert marked("car for sale", Matcher("car for sale")) is None  # words that ask for nothing
    assert marked("", Matcher("corolla")) is None
    assert marked("Corolla", Matcher("")) is None


def test_markup_of_a_dealer_is_escaped() -> None:
    shown = marked("<script>alert('x')</script> & \"Corolla\"", Matcher("corolla alert"))
    assert shown == ("&lt;script&gt;<em>alert</em>(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;<em>Corolla</em>&quot;")


@given(st.text(), st.text(max_size=20))
def test_marks_change_nothing_else(text: str, asked: str) -> None:
    shown = marked(text, Matcher(asked))
    if shown is not None:
        assert html.unescape(re.sub("</?em>", "", shown)) == text
        assert "<" not in shown.replace("<em>", "").replace("</em>", "")


@given(st.text("abc", max_size=7), st.text("abc", max_size=7), st.integers(1, 2))
def test_typos_are_counted_as_by_the_plain_table(one: str, other: str, typos: int) -> None:
    assert within_typos(one, other, typos) == (edits(one, other) <= typos)
