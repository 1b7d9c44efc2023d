"""Numbers to call and addresses are told from prices, mileages and plates."""

from dataclasses import replace

import numpy as np
import pytest

from models.photo_quality.contact import is_contact, shows_contact
from models.plates.finding import Findings, Plate, PlateFinder
from models.plates.recogniser import TextRecogniser
from models.plates.text_detector import TextLine
from samples.photos.defects import NUMBER, written
from samples.photos.draw import Spec, draw_photo


@pytest.mark.parametrize(
    "text", ["0300 1234567", "+92-300-1234567", "Call O3OO l234567", "042-35761234", "www.cars.example", "a@b.pk"]
)
def test_numbers_and_addresses_are_contacts(text: str) -> None:
    assert is_contact(text)


@pytest.mark.parametrize("text", ["", "LEA 4711", "Rs 4,500,000", "123,456 km", "SUZUKI CULTUS VXL", "2018 03 11"])
def test_prices_mileages_and_names_are_none(text: str) -> None:
    assert not is_contact(text)


def test_plates_are_not_read() -> None:
    line = TextLine((300.0, 200.0), 200.0, 40.0, 0.0, 0.9)
    pixels = np.zeros((400, 600, 3), np.uint8)
    asked: list[int] = []

    def read(_: np.ndarray) -> str:
        asked.append(1)
        return "0300 1234567"

    plate = Plate((190, 170, 410, 230), 0.9)
    assert not shows_contact(pixels, Findings((plate,), 0.9, (), (line,)), read)
    assert asked == []
    assert shows_contact(pixels, Findings((), 0.9, (), (line,)), read)


def test_number_over_a_photo_is_read_by_the_real_reader() -> None:
    pixels = draw_photo(Spec(view="side", light="day", plate="none", tilt=0.0), 0).pixels
    plain = PlateFinder(None).find(pixels)
    reader = TextRecogniser()
    assert not shows_contact(pixels, plain, reader.read)
    marked = written(pixels, NUMBER, np.random.default_rng(0))
    found = PlateFinder(None).find(marked)
    assert shows_contact(marked, replace(found, plates=()), reader.read)
