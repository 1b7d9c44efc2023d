"""Keys are made once, whoever comes first, and never printed."""

import base64
import json
import multiprocessing
import os
from pathlib import Path

import pytest

from core.security.keyring import BadKeyringError, Keyring, load_or_create_keyring, new_keyring, parse_keyring


def _load(path: str, start: str, sink: "multiprocessing.SimpleQueue[str]") -> None:
    while not os.path.exists(start):  # noqa: PTH110  (nothing but the wait)
        pass
    sink.put(load_or_create_keyring(Path(path)).to_json())


def test_four_processes_on_an_empty_home_share_one_ring(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    for attempt in range(3):
        path, start = tmp_path / f"home-{attempt}" / "keys" / "master.json", tmp_path / f"start-{attempt}"
        sink: multiprocessing.SimpleQueue[str] = context.SimpleQueue()
        processes = [context.Process(target=_load, args=(str(path), str(start), sink)) for _ in range(4)]
        for process in processes:
            process.start()
        start.touch()
        rings = {sink.get() for _ in processes}
        for process in processes:
            process.join()
        assert rings == {path.read_text()}
        assert [entry.name for entry in path.parent.iterdir()] == ["master.json"]


def test_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    load_or_create_keyring(tmp_path / "master.json")
    assert (tmp_path / "master.json").stat().st_mode & 0o077 == 0


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
