"""Seats and driven wheels come from the title, then from the catalogue, and are unknown otherwise."""

import pytest

from core.search.vehicles.catalogue import catalogue, drive_of, seats_of
from core.vocabulary import Drive


@pytest.mark.parametrize(
    ("make", "model", "said", "seats"),
    [
        ("Changan", "Oshan X7", "Oshan X7 FutureSense 7 Seat", 7),
        ("Changan", "Oshan X7", "Oshan X7 Comfort", None),  # comes with five or seven
        ("HONDA", "br-v", "BR-V i-VTEC S", 7),
        ("Honda", "BR-V", "BR-V five rows, 9-seater", 9),
        ("Honda", "BR-V", "2007 seats", 7),  # no number of seats
        ("Nobody", "Nothing", "", None),
    ],
)
def test_seats_are_read_from_the_title_before_the_catalogue(
    make: str, model: str, said: str, seats: int | None
) -> None:
    assert seats_of(make, model, said) == seats


def test_drive_is_read_from_the_title_before_the_catalogue() -> None:
    assert drive_of("Suzuki", "Jimny", "Jimny JB74") is Drive.FOUR
    assert drive_of("Suzuki", "Jimny", "Jimny 2WD") is Drive.TWO
    assert drive_of("Toyota", "Vitz", "Vitz F 1.0 4WD") is Drive.FOUR
    assert drive_of("Toyota", "Vitz", "Vitz F 1.0") is None


def test_every_line_of_the_catalogue_says_something_that_can_be() -> None:
    assert len(catalogue()) > 50
    for facts in catalogue().values():
        assert facts.seats is not None or facts.drive is not None
        assert facts.seats is None or 1 < facts.seats < 20
