"""Keys are made once, whoever comes first, or given as a whole."""

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from core.security.keyring import BadKeyringError, new_keyring
from core.security.platform_keys import given_keys, kept_keys, new_signing_keys

INDEX = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def _load(folder: str, start: str, sink: "multiprocessing.SimpleQueue[tuple[str, bytes, str]]") -> None:
    while not os.path.exists(start):  # noqa: PTH110  (nothing but the wait)
        pass
    keys = kept_keys(Path(folder))
    sink.put((keys.sealing.to_json(), keys.index, str(keys.signing[0].kid)))


@pytest.mark.slow
def test_four_processes_on_an_empty_home_share_their_keys(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    folder, start = tmp_path / "home" / "keys", tmp_path / "start"
    sink: multiprocessing.SimpleQueue[tuple[str, bytes, str]] = context.SimpleQueue()
    processes = [context.Process(target=_load, args=(str(folder), str(start), sink)) for _ in range(4)]
    for process in processes:
        process.start()
    start.touch()
    assert len({sink.get() for _ in processes}) == 1
    for process in processes:
        process.join()
    assert sorted(entry.name for entry in folder.iterdir()) == ["index.key", "sealing.json", "signing.json"]


def test_files_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    kept_keys(tmp_path / "keys")
    assert [path.name for path in (tmp_path / "keys").iterdir() if path.stat().st_mode & 0o077] == []


def test_kept_keys_are_the_same_next_time(tmp_path: Path) -> None:
    first, again = kept_keys(tmp_path), kept_keys(tmp_path)
    assert (first.sealing, first.index) == (again.sealing, again.index)
    assert first.signing[0].kid == again.signing[0].kid


def test_new_signing_key_comes_first_and_the_old_one_stays() -> None:
    before = new_signing_keys()
    after = new_signing_keys(before)
    old = json.loads(before)["keys"][0]["kid"]
    keys = given_keys(new_keyring().to_json(), INDEX, after).signing
    assert len(keys) == 2
    assert (keys[0].kid, keys[1].kid) == (json.loads(after)["keys"][0]["kid"], old)


@pytest.mark.parametrize(
    ("index", "signing", "named"),
    [
        ("short", new_signing_keys(), "index key"),
        ("!", new_signing_keys(), "index key"),
        (INDEX, "{}", "Signing keys"),
        (INDEX, '{"keys": []}', "Signing keys"),
        (INDEX, "no json", "Signing keys"),
    ],
)
def test_impossible_keys_are_refused_by_name(index: str, signing: str, named: str) -> None:
    with pytest.raises(BadKeyringError, match=named):
        given_keys(new_keyring().to_json(), index, signing)


def test_public_keys_do_not_sign() -> None:
    document = json.loads(new_signing_keys())
    del document["keys"][0]["d"]
    with pytest.raises(BadKeyringError, match="private"):
        given_keys(new_keyring().to_json(), INDEX, json.dumps(document))


def test_keys_are_not_printed(tmp_path: Path) -> None:
    keys = kept_keys(tmp_path)
    assert str(keys.signing[0].as_dict(private=True)["d"]) not in repr(keys)
    assert repr(keys.index) not in repr(keys)
