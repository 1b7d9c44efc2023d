"""Keys have names, rotate, and are never printed."""

import base64
import json

import pytest

from core.security.keyring import BadKeyringError, Keyring, new_keyring, parse_keyring


def test_new_key_becomes_active_and_the_old_one_stays() -> None:
    before = new_keyring()
    after = before.with_new_key()
    assert after.active != before.active
    assert after.keys[before.active] == before.keys[before.active]
    assert parse_keyring(after.to_json()) == after


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "{}",
        json.dumps({"active": "a", "keys": {}}),
        json.dumps({"active": "a", "keys": {"a": "!!!"}}),
        json.dumps({"active": "a", "keys": {"a": base64.b64encode(b"short").decode()}}),
        json.dumps({"active": "b", "keys": {"a": base64.b64encode(bytes(32)).decode()}}),
        json.dumps({"active": "a b", "keys": {"a b": base64.b64encode(bytes(32)).decode()}}),
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(BadKeyringError):
        parse_keyring(text)


def test_keys_are_not_printed() -> None:
    ring = Keyring("a", {"a": b"k" * 32})
    assert "kkkk" not in repr(ring) + str(ring)
    assert "a" in repr(ring)
