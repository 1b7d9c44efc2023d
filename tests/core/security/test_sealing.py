"""A sealed value opens with its key at its place, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.security.keyring import KEY_BYTES, Keyring, new_keyring
from core.security.sealing import CannotOpenError, blind_index, derive, key_id_of, open_sealed, seal

RING = Keyring("k1", {"k1": b"1" * KEY_BYTES})
PLACE = ("users", "phone", "42")
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, st.lists(TEXT, min_size=1, max_size=4))
def test_value_opens_at_its_place(value: str, place: list[str]) -> None:
    assert open_sealed(RING, seal(RING, value, tuple(place)), tuple(place)) == value


@given(st.lists(TEXT, min_size=1, max_size=4), st.lists(TEXT, min_size=1, max_size=4))
def test_value_does_not_open_at_another_place(here: list[str], there: list[str]) -> None:
    if here == there:
        return
    with pytest.raises(CannotOpenError):
        open_sealed(RING, seal(RING, "value", tuple(here)), tuple(there))


def test_parts_of_a_place_are_kept_apart() -> None:
    with pytest.raises(CannotOpenError):
        open_sealed(RING, seal(RING, "x", ("ab", "c")), ("a", "bc"))


def test_every_flipped_bit_is_noticed() -> None:
    sealed = seal(RING, "+923001234567", PLACE)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(CannotOpenError):
            open_sealed(RING, bytes(changed), PLACE)
    for length in range(len(sealed)):
        with pytest.raises(CannotOpenError):
            open_sealed(RING, sealed[:length], PLACE)


def test_old_values_open_after_a_rotation_and_new_ones_use_the_new_key() -> None:
    old = new_keyring()
    ring = old.with_new_key()
    assert open_sealed(ring, seal(old, "value", PLACE), PLACE) == "value"
    assert key_id_of(seal(ring, "value", PLACE)) == ring.active
    with pytest.raises(CannotOpenError, match=ring.active):
        open_sealed(old, seal(ring, "value", PLACE), PLACE)


def test_equal_values_are_sealed_differently_and_indexed_alike() -> None:
    assert seal(RING, "value", PLACE) != seal(RING, "value", PLACE)
    key = RING.keys["k1"]
    assert blind_index(key, "phone", "+923001234567") == blind_index(key, "phone", "+923001234567")
    assert blind_index(key, "phone", "x") != blind_index(key, "email", "x")
    assert derive(key, "blind index phone") != key
