"""Whole objects in, whole objects out, from a folder and through an address."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import NotFoundError
from core.settings import Settings
from core.storage import Storage, open_storage


@pytest.fixture(params=["folder", "address"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    url = None if request.param == "folder" else "memory:///"
    return open_storage(Settings(automart_home=tmp_path, storage_url=url))


def test_object_comes_back_as_it_went(store: Storage) -> None:
    store.put("feeds/khan/1.csv", b"\x00\xff rows")
    assert store.get("feeds/khan/1.csv") == b"\x00\xff rows"
    store.put("feeds/khan/1.csv", b"")
    assert store.get("feeds/khan/1.csv") == b""


def test_large_object_is_copied_piece_by_piece(store: Storage, tmp_path: Path) -> None:
    data = bytes(range(256)) * 40_000
    store.put("feeds/khan/2.csv", data)
    with (tmp_path / "copy").open("w+b") as file:
        store.copy_to("feeds/khan/2.csv", file)
        file.seek(0)
        assert file.read() == data
        with pytest.raises(NotFoundError, match="feeds/none"):
            store.copy_to("feeds/none", file)


def test_missing_object_is_named(store: Storage) -> None:
    with pytest.raises(NotFoundError, match="feeds/none"):
        store.get("feeds/none")
    assert not store.exists("feeds/none")
    store.delete("feeds/none")


def test_keys_are_listed_by_prefix_in_order(store: Storage) -> None:
    for key in ("b/2", "a/1", "b/1"):
        store.put(key, b"x")
    assert list(store.keys("b")) == ["b/1", "b/2"]
    store.delete("b/1")
    assert list(store.keys()) == ["a/1", "b/2"]


def test_failed_write_leaves_no_half_object(tmp_path: Path) -> None:
    store = open_storage(Settings(automart_home=tmp_path))
    store.put("a/1", b"x")
    assert [path.name for path in (tmp_path / "storage").rglob("*") if path.is_file()] == ["1"]


def test_object_is_created_once(store: Storage) -> None:
    assert store.create("a/1", b"first")
    assert not store.create("a/1", b"second")
    assert store.get("a/1") == b"first"


def test_of_many_writers_one_creates_the_object(store: Storage) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda number: store.create("a/1", str(number).encode()), range(40)))
    assert won.count(True) == 1
    assert store.get("a/1") == str(won.index(True)).encode()
