"""Availability is read from the words that senders of every kind use."""

import json

import pytest

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping, mapping_names
from pipelines.feeds.normalise.availability import (
    AVAILABLE,
    GONE,
    RESERVED,
    SOLD,
    UNKNOWN,
    WITHDRAWN,
    availability_state,
)
from pipelines.feeds.parsing.parse import parse_feed


@pytest.mark.parametrize(("state", "texts"), [
    (SOLD, ["sold", "Sold", "SOLD", " sold. ", "Sold Out", "SOLD-OUT", "SoldOut", "sold_out", "SOLD 12/05", "*SOLD*",
    "Verkauft",
            "VERKAUFT am 3.5.", "Delivered", "فروخت شدہ", "فروخت ہو گئی", "bik gayi", "Bik Gai hai", "ＳＯＬＤ"]),
    (RESERVED, ["Reserved", "RESERVED OUT", "reserved-out", "Booked", "Under Offer", "sale agreed", "Reserviert",
    "On Hold",
                "Token Received", "Sale in process", "under process", "بیعانہ", "reserved till Friday"]),
    (WITHDRAWN, ["Withdrawn", "DELETED", "Inactive", "INACTIVE", "removed", "Not available", "NOT_AVAILABLE",
    "NotAvailable",
                 "no longer available", "Out of Stock", "outOfStock", "nicht verfügbar", "nicht mehr verfügbar",
                 "gelöscht",
                 "not for sale", "not in stock", "دستیاب نہیں", "available nahi hai", "Archived",
                 "currently unavailable"]),
    (AVAILABLE, ["available", "AVAILABLE", "Available now", "In Stock", "in_stock", "Active", "Live", "For Sale",
    "Used", "NEW",
                 "not sold", "Unsold", "not yet sold", "nicht verkauft", "verfügbar", "دستیاب", "دستياب",
                 "mojood hai", "For sale (not sold yet)"]),
    (UNKNOWN, ["workshop", "?!", "Gone to my cousin's", "7", "yes"]),
])  # fmt: skip
def test_word_is_folded_onto_its_state(state: str, texts: list[str]) -> None:
    assert {text: availability_state(text, "Status") for text in texts} == dict.fromkeys(texts, state)


@pytest.mark.parametrize(("column", "yes", "no"), [
    ("Sold", SOLD, AVAILABLE), ("is_sold", SOLD, AVAILABLE), ("isDeleted", WITHDRAWN, AVAILABLE), ("@reserved",
    RESERVED, AVAILABLE),
    ("Available?", AVAILABLE, WITHDRAWN), ("In Stock", AVAILABLE, WITHDRAWN), ("Not available", WITHDRAWN, AVAILABLE),
    ("Status", UNKNOWN, UNKNOWN),
])  # fmt: skip
def test_yes_and_no_answer_what_the_column_asks(column: str, yes: str, no: str) -> None:
    for answer in ("yes", "Y", "TRUE", "1", "ja"):
        assert availability_state(answer, column) == yes
    for answer in ("no", "N", "False", "0", "nein"):
        assert availability_state(answer, column) == no


def outcome(data: bytes, mapping: Mapping) -> dict[str, str]:
    """The reject code of every key, or "listed"."""
    parsed = parse_feed(data, mapping)
    rejected = dict(parsed.rejects.select("source_key", "code").iter_rows())
    return dict.fromkeys(parsed.keys.to_list(), "listed") | rejected


WORDS = {
    "sold": "not_for_sale", "Sold": "not_for_sale", "SOLD": "not_for_sale", "Reserved": "not_for_sale",
    "Withdrawn": "not_for_sale", "DELETED": "not_for_sale", "Available": "listed", "": "listed",
    "workshop": "unknown_availability",
}  # fmt: skip


@pytest.mark.parametrize(("column", "cell", "state"), [
    ("No. in stock", "0", WITHDRAWN), ("No in Stock", "0", WITHDRAWN), ("No. in stock", "2", AVAILABLE),
    ("No longer available", "yes", WITHDRAWN), ("Not in stock", "1", WITHDRAWN), ("In stock", "-1", WITHDRAWN),
    ("In stock", "9" * 5_000, AVAILABLE), ("Available", "No, sold", SOLD), ("Available", "No - bik gayi", SOLD),
    ("Available", "no-longer available", WITHDRAWN), ("Sold", "No, available", AVAILABLE),
    ("Sold", "No, not sold", AVAILABLE),
])  # fmt: skip
def test_no_that_counts_or_answers_negates_nothing_after_it(column: str, cell: str, state: str) -> None:
    """Cars of which none was in stock, and cars with "No, sold", were published."""
    assert availability_state(cell, column) == state


def test_gone_cars_are_not_listed_from_csv() -> None:
    rows = [f"K{at},Toyota,Corolla,2015,45 lacs,{word}" for at, word in enumerate(WORDS)]
    data = "\n".join(["Stock No,Make,Model,Year,Demand,Status", *rows]).encode()
    assert outcome(data, load_mapping("showroom")) == {f"K{at}": code for at, code in enumerate(WORDS.values())}


def test_gone_cars_are_not_listed_from_json() -> None:
    car = {"make": "Honda", "model": "City", "year": 2015, "price": 4200000}
    data = json.dumps([car | {"id": f"K{at}", "status": word} for at, word in enumerate(WORDS)]).encode()
    assert outcome(data, load_mapping("json")) == {f"K{at}": code for at, code in enumerate(WORDS.values())}


def test_gone_cars_are_not_listed_from_xml() -> None:
    inside = "<make>Honda</make><model>City</model><year>2015</year><price>4200000</price>"
    cars = [f'<car id="K{at}" status="{word}">{inside}</car>' for at, word in enumerate(WORDS)]
    data = f"<inventory>{''.join(cars)}</inventory>".encode()
    assert outcome(data, load_mapping("dealer-xml")) == {f"K{at}": code for at, code in enumerate(WORDS.values())}


def test_own_mapping_knows_better_and_needs_no_words_of_its_own() -> None:
    spec = {
        "name": "own", "version": 1, "about": "a test", "delivery": "full", "key": ["Ref"],
        "columns": {"make": "Make", "model": "Model", "model_year": "Year", "price": "Price", "availability": "State"},
        "constants": {"visibility": "public", "channels": "automart"},
        "values": {"availability": {"Booked": "available", "workshop": "withdrawn"}},
    }  # fmt: skip
    states = {"A": "booked", "B": "SOLD", "C": "Workshop", "D": "garage"}
    rows = [f"{key},Kia,Rio,2015,2000000,{state}" for key, state in states.items()]
    data = "\n".join(["Ref,Make,Model,Year,Price,State", *rows]).encode()
    assert outcome(data, Mapping.model_validate(spec)) == {
        "A": "listed", "B": "not_for_sale", "C": "not_for_sale", "D": "unknown_availability",
    }  # fmt: skip


def test_reject_shows_the_senders_own_word_and_column() -> None:
    data = b"Stock No,Make,Model,Year,Demand,Status\nA,Toyota,Corolla,2015,45 lacs,In the Workshop"
    (reject,) = parse_feed(data, load_mapping("showroom")).rejects.to_dicts()
    assert (reject["code"], reject["severity"]) == ("unknown_availability", "error")
    assert (reject["column"], reject["value"]) == ("Status", "In the Workshop")


def test_every_word_of_a_preset_is_understood() -> None:
    for name in mapping_names():
        for word, meaning in load_mapping(name).values.get("availability", {}).items():
            assert availability_state(meaning) in (*GONE, AVAILABLE), (name, word)


def test_car_that_is_sold_where_its_price_stands_is_gone() -> None:
    prices = {"A": "SOLD", "B": "Booked 45 lacs", "C": "45 lacs (not sold)", "D": "فروخت شدہ", "E": "45 lacs"}
    rows = [f"{key},Toyota,Corolla,2015,{price}" for key, price in prices.items()]
    found = outcome("\n".join(["Stock No,Make,Model,Year,Demand", *rows]).encode(), load_mapping("showroom"))
    assert {key: found[key] for key in "ABDE"} == dict.fromkeys("ABD", "not_for_sale") | {"E": "listed"}
    assert found["C"] != "not_for_sale"


@pytest.mark.parametrize(("word", "state"), [
    ("availble", AVAILABLE), ("Avaliable", AVAILABLE), ("not availble", WITHDRAWN), ("Reservd", RESERVED),
    ("BOOKD", RESERVED), ("inactve", WITHDRAWN), ("delted", WITHDRAWN), ("unavailble", WITHDRAWN),
    ("gold", UNKNOWN), ("workshop", UNKNOWN), ("Solar", UNKNOWN), ("sole", UNKNOWN),
])  # fmt: skip
def test_slips_in_words_of_a_state_are_mended(word: str, state: str) -> None:
    assert availability_state(word, "Status") == state
