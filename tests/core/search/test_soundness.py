"""An index whose files were cut off or changed answers 503, is healed by a rebuild, and is never gone back to."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.access.audience import Audience
from core.errors import ConflictError, RetryableError
from core.search import SearchQuery
from core.search.tantivy import TantivyEngine, reader
from tests.core.search.conftest import Fill, document
from tests.pipelines.search.test_follow import full_disk

ANYONE = Audience.anonymous()


def segment(home: Path, suffix: str = "term") -> Path:
    return next((home / "search").glob(f"*/*/*.{suffix}"))


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 9)


def flip(file: Path) -> None:
    """Change one bit, and nothing that a listing of the folder shows."""
    before = file.stat()
    with file.open("r+b") as opened:
        opened.seek(before.st_size // 3)
        byte = opened.read(1)[0]
        opened.seek(before.st_size // 3)
        opened.write(bytes([byte ^ 1]))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("harm", [cut, flip, Path.unlink])
@pytest.mark.parametrize("suffix", ["term", "fast", "idx"])
def test_damaged_file_is_found_when_the_index_is_opened(
    index: TantivyEngine, fill: Fill, tmp_path: Path, harm: Callable[[Path], object], suffix: str
) -> None:
    fill(one={}, two={"make": "Honda"})
    harm(segment(tmp_path, suffix))
    fresh = TantivyEngine(tmp_path / "search")
    assert fresh.index_id() is None
    with pytest.raises(RetryableError) as caught:
        fresh.search(SearchQuery("honda"), ANYONE)
    assert caught.value.code == "search_unavailable"


def test_file_that_is_cut_off_under_an_open_index_is_found_before_it_is_read(
    index: TantivyEngine, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_CHECK_SECONDS", 0.0)
    fill(one={})
    assert index.count(ANYONE) == 1
    cut(segment(tmp_path))
    for _ in range(2):
        with pytest.raises(RetryableError):
            index.count(ANYONE)


def test_damaged_index_is_healed_and_never_kept_for_a_rollback(
    index: TantivyEngine, fill: Fill, tmp_path: Path
) -> None:
    fill(one={})
    cut(segment(tmp_path))
    fresh = TantivyEngine(tmp_path / "search")
    with fresh.rebuilding() as batch:
        batch.upsert([document()])
    assert fresh.count(ANYONE) == 1
    assert fresh.previous_id() is None
    with pytest.raises(ConflictError) as caught:
        fresh.rollback()
    assert caught.value.code == "no_previous_index"
    assert len([path for path in (tmp_path / "search").glob("*/*") if path.is_dir()]) == 1


def test_previous_index_that_was_damaged_is_not_gone_back_to(index: TantivyEngine, fill: Fill, tmp_path: Path) -> None:
    fill(one={})
    first = index.index_id()
    fill(two={}, three={})
    assert index.previous_id() == first
    cut(next((tmp_path / "search").glob(f"*/{first}/*.term")))
    with pytest.raises(ConflictError) as caught:
        index.rollback()
    assert caught.value.code == "no_previous_index"
    assert index.count(ANYONE) == 2


def test_full_disk_is_told_as_an_error_that_is_tried_again(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(one={})
    with full_disk(), pytest.raises(RetryableError) as caught, index.updating() as batch:
        batch.upsert([document(make="Honda")])
    assert caught.value.code == "index_not_writable"
    assert index.search(SearchQuery(), ANYONE).ids == [cars["one"]]
    with index.updating() as batch:
        batch.upsert([document(make="Honda")])
    assert index.count(ANYONE) == 2
