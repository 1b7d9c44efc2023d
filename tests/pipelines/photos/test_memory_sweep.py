"""The child that judges does not grow: after 2,000 mixed photos it takes at most a fifth more than after 200."""

import os
from pathlib import Path

import pytest
from PIL import Image

from pipelines.photos.judging import worker
from pipelines.photos.judging.worker import JudgingChild
from pipelines.photos.object_keys import ORIGINAL
from samples.photos.draw import Spec, draw_photo

PHOTOS, EARLY = 2_000, 200
_KINDS = ("exterior", "interior", "engine", "document", "scene", "placeholder")
_SIZES = ((640, 480), (1280, 960), (480, 800), (1600, 700))


def resident(pid: int) -> int:
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.sweep
@pytest.mark.timeout(10_800)  # a guard against a child that hangs; a busy machine takes over an hour
def test_memory_after_two_thousand_photos_is_that_after_two_hundred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "REQUESTS", PHOTOS + 1)  # otherwise a child is replaced after 500
    for number, (kind, size) in enumerate((kind, size) for kind in _KINDS for size in _SIZES):
        (tmp_path / str(number)).mkdir()
        picture = Image.fromarray(draw_photo(Spec(kind=kind), number, size).pixels)
        picture.save(tmp_path / str(number) / ORIGINAL, "JPEG", quality=90)
    early, most = 0, 0
    with JudgingChild(tmp_path / "none") as child:
        for number in range(PHOTOS):
            folder = tmp_path / str(number % (len(_KINDS) * len(_SIZES)))
            child.ask(folder, "judge")
            assert child.pid is not None
            if number + 1 == EARLY:
                early = resident(child.pid)
            if number % 50 == 49:
                most = max(most, resident(child.pid))
    print(f"{early / 1e6:.0f} MB after {EARLY} photos, at most {most / 1e6:.0f} MB until {PHOTOS}.")
    assert most <= 1.2 * early
