"""Real phone photos come through; read where they are, never copied."""

from pathlib import Path

import pytest

from pipelines.photos.developing import develop_image
from pipelines.photos.inspection import inspect_image


@pytest.fixture(scope="module")
def media() -> Path:
    folder = Path(__file__).parents[4] / "shared" / "media"
    if not folder.is_dir():
        folder = Path(__file__).parents[5] / "shared" / "media"
    if not folder.is_dir():
        pytest.skip("the folder shared/media with real photos is not beside this checkout")
    return folder


def test_every_real_photo_passes_the_inspection(media: Path) -> None:
    files = [path for path in media.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"}]
    assert len(files) > 400
    assert {
        path.name for path in files if inspect_image(path.read_bytes()).kind not in ("JPEG", "PNG", "WEBP")
    } == set()


def test_real_photos_are_developed_without_their_metadata(media: Path, tmp_path: Path) -> None:
    for path in sorted((media / "plates" / "listing_photos").glob("*.jp*g"))[::40]:
        made = develop_image(inspect_image(path.read_bytes()), tmp_path)
        for kept in (made.original, *(variant.data for variant in made.variants)):
            assert [secret for secret in (b"Exif", b"xmpmeta", b"8BIM") if secret in kept] == []
