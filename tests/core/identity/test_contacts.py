"""All spellings of a number are one number, and what is no number is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInputError
from core.identity.contacts import BadEmailError, BadPhoneError, email, phone


@pytest.mark.parametrize(
    "spelling",
    [
        "03001234567",
        "0300-1234567",
        "0300 123 4567",
        "(0300) 123-4567",
        "+923001234567",
        "+92 300 1234567",
        "+92-(0)300-1234567",
        "00923001234567",
        "0092 300 1234567",
        "923001234567",
        "3001234567",
        " 0300.1234567 ",
        "۰۳۰۰۱۲۳۴۵۶۷",
        "٠٣٠٠١٢٣٤٥٦٧",
        "０３００１２３４５６７",
        "\u200e+92\u00a0300\u20131234567\u202c",
    ],
)
def test_all_spellings_of_a_number_are_one(spelling: str) -> None:
    assert phone(spelling).value == "+923001234567"
    assert phone(spelling).country == "PK"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0300123456",
        "030012345678",
        "0300-12345O7",
        "call me",
        "+",
        "042 35761999",
        "0" * 101,
    ],
)
def test_other_texts_are_no_mobile_numbers(text: str) -> None:
    with pytest.raises(BadPhoneError):
        phone(text)


def test_foreign_numbers_keep_their_country() -> None:
    assert (phone("+971 50 123 4567").value, phone("+971 50 123 4567").country) == ("+971501234567", "AE")


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (phone, email):
        try:
            contact = read(text)
        except InvalidInputError:
            continue
        assert read(contact.value) == contact


@pytest.mark.parametrize("spelling", ["Ali.Khan@Example.PK", " ali.khan@example.pk ", "ali.khan@EXAMPLE.pk"])
def test_case_and_blanks_make_no_difference_to_an_address(spelling: str) -> None:
    assert email(spelling).value == "ali.khan@example.pk"


@pytest.mark.parametrize("text", ["", "ali", "ali@", "@example.pk", "a b@example.pk", "ali@example..pk"])
def test_other_texts_are_no_addresses(text: str) -> None:
    with pytest.raises(BadEmailError):
        email(text)


def test_contact_is_not_printed() -> None:
    assert "3001234567" not in repr(phone("03001234567"))
