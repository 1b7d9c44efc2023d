"""Each rule by itself: what it finds, what it must not find, and what it says where it has nothing to judge by."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from pipelines.moderation.ads import TEXT_FIELDS, Ad, OfferedCar, PriceRange
from pipelines.moderation.doubles import chassis_numbers, find_doubles
from pipelines.moderation.edits import judge_edit
from pipelines.moderation.findings import Finding, FindingCode, Outcome, Weight, kinds, outcome_of
from pipelines.moderation.prices import judge_price
from pipelines.moderation.rules import judge_ad, judge_texts

USUAL = PriceRange(3_000_000, 4_000_000)


def car(**columns: Any) -> OfferedCar:
    texts = dict.fromkeys(TEXT_FIELDS) | {"title": "Toyota Corolla", "description": "All genuine", "make": "Toyota"}
    texts |= {name: columns.pop(name) for name in ("title", "description") if name in columns}
    given: dict[str, Any] = {"listing_id": uuid4(), "make": "Toyota", "model": "Corolla", "model_year": 2018}
    given |= {"mileage_km": 80_000, "price_pkr": 3_500_000, "color": "white", "content_hash": uuid4().bytes}
    return OfferedCar(**given | {"texts": texts} | columns)


def codes(text: str, field: str = "description") -> list[str]:
    return [str(each.code) for each in judge_texts({field: text}, [field])]


def test_codes_and_sentences_belong_together() -> None:
    assert set(kinds()) == {str(code) for code in FindingCode}
    for kind in kinds().values():
        assert kind.en.isascii()
        assert kind.en.endswith(".")
        assert not kind.ur.isascii()
        assert kind.ur.endswith("۔")


@pytest.mark.parametrize(
    "text",
    [
        "12345-1234567-1", "3000000000", "300 000 000 0", "1234567890123456", "Demand 3,250,000", "45 lac", "84,000 km",
        "NZE141-3056789", "JTDBR32E160012345", "LEB-18-4567", "03-11-2024 45000", "0.0.0.0", "92", "+92", "10:30 12:45",
        "300 1234", "0300", "2018 2019 2020", "12,34,567", "35 000 000", "engine 0412345678", "chassis 3001234567",
    ],
)  # fmt: skip
def test_number_of_another_kind_is_no_phone(text: str) -> None:
    assert "contact_phone" not in codes(text)


@pytest.mark.parametrize(
    "text",
    ["123-0300-1234567", "84,000 km 0300 1234567", "2018.0300 1234567", "0300 1234567 45", "45 lac,0300-1234567"],
)
def test_phone_beside_other_numbers_is_found(text: str) -> None:
    assert codes(text) == ["contact_phone"]


@pytest.mark.parametrize("mark", ["[phone]", "[email]", "[cnic]"])
def test_contact_that_was_masked_on_arrival_is_still_a_finding(mark: str) -> None:
    """The stored text has the mask alone; the seller is told to take it out."""
    assert codes(f"Call {mark} now")[0].startswith("contact_")


@pytest.mark.parametrize("field", TEXT_FIELDS)
def test_every_text_that_strangers_read_is_judged(field: str) -> None:
    assert codes("0300 1234567", field) == ["contact_phone"]
    assert Finding("contact_phone", field) in judge_texts({field: "0300 1234567"})


def test_banned_word_inside_another_word_is_none() -> None:
    assert codes("Scunthorpe shiitake, classic Dickson, assessment, cockpit, Essex, grapeseed oil, begun") == []


@pytest.mark.parametrize("text", ["sh\u200bit", "s h i t", "shiiiiit", "ѕhit", "SHIT", "sh!t"])
def test_banned_word_in_disguise_is_found(text: str) -> None:
    assert codes(text) == ["words_abusive"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("not stolen", []), ("never stolen or snatched", []), ("chori ki nahi", []), ("stolen", ["words_illegal"]),
        ("no weapons", []), ("gun metallic", []), ("gun", ["words_illegal"]), ("not a bastard", ["words_abusive"]),
    ],
)  # fmt: skip
def test_denied_word_is_none(text: str, found: list[str]) -> None:
    assert codes(text) == found


@pytest.mark.parametrize(
    ("price", "usual", "found"),
    [
        (None, USUAL, ["price_missing"]),
        (None, None, ["price_missing"]),
        (3_500_000, None, ["price_unjudged"]),
        (1_499_999, USUAL, ["price_too_low"]),
        (1_500_000, USUAL, []),
        (8_000_000, USUAL, []),
        (8_000_001, USUAL, ["price_too_high"]),
    ],
)
def test_price_is_judged_by_what_such_cars_cost(price: int | None, usual: PriceRange | None, found: list[str]) -> None:
    assert [each.code for each in judge_price(price, usual)] == found


def test_nothing_to_judge_by_is_never_clean() -> None:
    bare = replace(car(description=None), price_pkr=None, mileage_km=None, color=None)
    findings = judge_ad(Ad(bare))
    assert {str(each.code) for each in findings} == {"description_missing", "price_missing"}
    assert outcome_of(findings) is Outcome.DOUBT
    assert outcome_of([Finding("description_missing")]) is Outcome.CLEAN
    assert outcome_of([Finding("price_missing"), Finding("contact_phone")]) is Outcome.BREACH


PHOTO = uuid4()


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({"content_hash": b"same"}, ["double_certain"]),
        ({"photos": frozenset({PHOTO}), "model": "Yaris"}, ["double_certain"]),
        ({"description": "nze141 - 3056789", "model": "Yaris"}, ["double_certain"]),
        ({"mileage_km": 80_500}, ["double_likely"]),
        ({"mileage_km": None, "price_pkr": None, "color": None}, ["double_likely"]),
        ({"mileage_km": 95_000}, []),
        ({"price_pkr": 2_900_000}, []),
        ({"color": "black"}, []),
        ({"model_year": 2017}, []),
    ],
)
def test_doubles_are_told_from_cars_that_are_alike(other: dict[str, Any], found: list[str]) -> None:
    mine = car(description="Chassis NZE141-3056789", content_hash=b"same", photos=frozenset({PHOTO}))
    assert [str(each.code) for each in find_doubles(mine, [car(**other)])] == found
    assert find_doubles(mine, [mine]) == []


def test_model_names_and_prices_are_no_chassis_numbers() -> None:
    assert chassis_numbers(car(description="GLI 2018, 3250000, LEB-18-4567, KIA-2018, COROLLA-1234567890")) == set()
    assert chassis_numbers(car(description="JTDBR32E160012345")) == {"jtdbr32e160012345"}


@pytest.mark.parametrize(
    ("before", "usual", "found"),
    [
        ({"color": "black"}, None, []),
        ({"price_pkr": 3_400_000}, None, []),
        ({"price_pkr": 1_000_000}, None, ["price_unjudged"]),
        ({"price_pkr": None}, None, ["price_unjudged"]),
        ({"price_pkr": 3_400_000}, USUAL, []),
        ({"price_pkr": 3_400_000}, PriceRange(300_000, 400_000), ["price_too_high"]),
        ({"model": "Mehran"}, USUAL, ["changed_car"]),
        ({"model_year": 2008}, USUAL, ["changed_car"]),
        ({"model_year": 2017}, USUAL, []),
        ({"description": "x"}, None, []),
    ],
)
def test_edit_is_judged_by_what_it_changed(before: dict[str, Any], usual: PriceRange | None, found: list[str]) -> None:
    assert [str(each.code) for each in judge_edit(Ad(car(), usual), before)] == found


def test_edited_text_is_judged_and_others_are_not() -> None:
    ad = Ad(car(title="0300 1234567", description="0300 1234567"))
    assert judge_edit(ad, {"description": "All genuine"}) == [Finding("contact_phone", "description")]


def test_likely_double_that_was_accepted_is_not_doubted_again_by_a_new_text() -> None:
    ad = Ad(car(), USUAL, (car(),))
    assert judge_edit(ad, {"description": "x"}) == []
    assert judge_edit(ad, {"mileage_km": 10}) == [Finding("double_likely")]


def test_stored_findings_of_unknown_kinds_are_left_out() -> None:
    stored: list[Any] = [{"code": "of_yesterday", "field": None}, {"code": "price_missing", "field": "price_pkr"}, {}]
    assert Finding.stored(stored) == [Finding("price_missing", "price_pkr")]
    assert kinds()["price_missing"].weight is Weight.DOUBT


@pytest.mark.parametrize("text", ["\0", "\ud800", "", " ", "\n" * 99, "𝟬𝟯𝟬𝟬𝟭𝟮𝟯𝟰𝟱𝟲𝟳", "٠٣٠٠١٢٣٤٥٦٧"])
def test_odd_signs_are_read(text: str) -> None:
    found = judge_texts({"description": text}, ["description"])
    assert isinstance(found, list)
    assert ("contact_phone" in [each.code for each in found]) == (len(text) >= 11 and text.strip() != "")
