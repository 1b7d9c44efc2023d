"""Files that a killed or failed commit left in an index's folder are removed, and stop no later commit."""

import shutil
from pathlib import Path

import pytest

from core.access.audience import Audience
from core.errors import RetryableError
from core.search.tantivy import TantivyEngine
from tests.core.search.conftest import Fill
from tests.pipelines.search.test_follow import full_disk

ANYONE = Audience.anonymous()


def files(home: Path) -> set[Path]:
    return {path.relative_to(home) for path in home.rglob("*") if path.is_file()}


def test_commit_killed_after_its_files_were_written_is_made_again(fill: Fill, tmp_path: Path) -> None:
    cars = fill(one={}, two={}, three={})
    killed, copy = tmp_path / "search", tmp_path / "copy"
    shutil.copytree(killed, copy)
    with TantivyEngine(copy).updating() as batch:
        batch.delete([cars["one"]])
    left = {path for path in files(copy) - files(killed) if path.suffix == ".del"}
    assert left  # the same changes will ask for the same name
    for path in (*left, *(path for path in files(copy) if path.name == ".managed.json")):
        shutil.copy(copy / path, killed / path)
    engine = TantivyEngine(killed)
    with engine.updating() as batch:
        batch.delete([cars["one"]])
    assert engine.count(ANYONE) == 2


def test_delete_that_failed_on_a_full_disk_is_made_again(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(one={}, two={}, three={})
    for _ in range(2):
        with full_disk(), pytest.raises(RetryableError), index.updating() as batch:
            batch.delete([cars["one"]])
    with index.updating() as batch:
        batch.delete([cars["one"]])
    assert index.count(ANYONE) == 2


def test_files_of_failed_commits_do_not_pile_up(index: TantivyEngine, fill: Fill, tmp_path: Path) -> None:
    cars = fill(one={}, two={}, three={})
    for _ in range(3):
        with full_disk(), pytest.raises(RetryableError), index.updating() as batch:
            batch.delete([cars["one"]])
    with index.updating() as batch:
        batch.delete([cars["two"]])
    with index.updating() as batch:
        batch.delete([cars["three"]])
    assert len([path for path in files(tmp_path / "search") if path.suffix == ".del"]) == 1
