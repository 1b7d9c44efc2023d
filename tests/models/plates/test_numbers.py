"""Registration numbers are told from other text by their form."""

import pytest

from models.plates.numbers import TextReader, is_page, numbers_among
from models.plates.text_detector import TextLine


def line(row: int, *, width: float = 120, height: float = 40) -> TextLine:
    return TextLine((200, 50.0 * row), width, height, 0.0, 0.9)


def numbers(*texts: str, likely: bool = False, width: float = 110) -> list[str]:
    """Return those that count as numbers, of texts that stand below one another."""
    lines = {line(row, width=width): text for row, text in enumerate(texts)}
    reader = TextReader(lines.__getitem__, lambda one, other: abs(one.centre[1] - other.centre[1]) <= 50)
    return [lines[each] for each in numbers_among(list(lines), list(lines) if likely else [], reader)]


@pytest.mark.parametrize("text", ["LEA-4711", "LEA 07-1234", "AB.123", "ICT·9021", "lea-4711", "RK603AV", "QXF-19 896"])
def test_whole_numbers_are_told(text: str) -> None:
    assert numbers(text) == [text]


@pytest.mark.parametrize(
    "text",
    ["", "CITY CARS", "COROLLA 2015", "0300 1234567", "1012:2006", "2008mongabay.com", "晋8871", "A1U2434", "S1.50"],
)
def test_other_text_is_none(text: str) -> None:
    assert numbers(text) == []


def test_halves_count_where_the_letters_stand_right_above_the_digits() -> None:
    assert numbers("QXM-12", "3204") == ["QXM-12", "3204"]
    assert numbers("3204", "QXM-12") == []
    assert numbers("QXM", "OPEN DAILY", "3204") == []
    assert numbers("1242") == []
    assert numbers("SM", "1913") == ["SM", "1913"]
    assert numbers("SM", "1913", width=280) == []  # two letters are no line of seven times its height


def test_letters_and_digits_are_enough_where_something_like_a_vehicle_is() -> None:
    texts = ("LEB16-I2B4", "0300 1234567", "CITY CARS")
    assert numbers(*texts, likely=True) == ["LEB16-I2B4"]
    assert numbers(*texts) == []


def test_sentences_make_a_page_and_signs_do_not() -> None:
    assert is_page([line(row, width=400) for row in range(3)], 200)
    assert is_page([line(row) for row in range(21)], 2_000)
    assert not is_page([line(0, width=400), line(1, width=400), *(line(row) for row in range(2, 9))], 500)


def test_sentences_of_one_banner_make_no_page() -> None:
    banner = [line(row, width=400) for row in range(4)]
    assert not is_page(banner, 960)
    assert is_page([*banner, line(12, width=400)], 960)
