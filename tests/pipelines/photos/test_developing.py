"""Pictures are drawn anew: upright, in sRGB, without metadata, in a process with limits."""

import io
import subprocess
import sys
import zlib
from functools import partial
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from pipelines.photos.developing import Developed, develop_image
from pipelines.photos.errors import ImageDamagedError, ImageTooCostlyError
from pipelines.photos.inspection import Inspected, inspect_image
from tests.factories import images

RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)


def developed(data: bytes, spool: Path) -> Developed:
    return develop_image(inspect_image(data), spool)


def everything(made: Developed) -> list[bytes]:
    return [made.original, *(variant.data for variant in made.variants)]


def corners(data: bytes) -> list[tuple[int, ...]]:
    """Left top, right top, left bottom, right bottom, a little inside."""
    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    w, h = image.width - 1, image.height - 1
    places = ((w // 8, h // 8), (w - w // 8, h // 8), (w // 8, h - h // 8), (w - w // 8, h - h // 8))
    return [image.getpixel(place) for place in places]  # type: ignore[misc]


def near(found: list[tuple[int, ...]], wanted: list[tuple[int, int, int]], by: int = 12) -> bool:
    return all(
        abs(a - b) <= by for one, other in zip(found, wanted, strict=True) for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("make", [images.jpeg_with_secrets, images.png_with_secrets, images.webp_with_secrets])
def test_no_metadata_are_left_in_anything_that_is_kept(make: object, tmp_path: Path) -> None:
    data: bytes = make()  # type: ignore[operator]
    assert [secret for secret in (b"GPS", images.CAMERA.encode()) if secret in data], "the secrets must be there first"
    for kept in everything(developed(data, tmp_path)):
        assert [secret for secret in images.SECRETS if secret in kept] == []
        with Image.open(io.BytesIO(kept)) as opened:
            assert dict(opened.getexif()) == {}
            assert {"exif", "xmp", "comment", "icc_profile", "photoshop"} & set(opened.info) == set()
            assert getattr(opened, "n_frames", 1) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_stand_upright_whatever_way_they_were_taken(kind: str, orientation: int, tmp_path: Path) -> None:
    upright = images.picture()
    back = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    taken = upright if back is None else upright.transpose(back)
    made = developed(images.saved(taken, kind, exif=images.exif(orientation).tobytes()), tmp_path)
    assert (made.width, made.height) == upright.size
    for kept in everything(made):
        assert near(corners(kept), [RED, GREEN, BLUE, GREY])


@pytest.mark.slow
def test_variants_fit_into_their_sizes_and_are_never_enlarged(tmp_path: Path) -> None:
    sizes = {
        (2000, 1500): [(320, 240), (800, 600), (1600, 1200)],
        (900, 1200): [(240, 320), (600, 800), (900, 1200)],
        (500, 400): [(320, 256), (500, 400)],
        (300, 200): [(300, 200)],
    }
    for size, expected in sizes.items():
        made = developed(images.jpeg(*size), tmp_path)
        assert [(each.width, each.height) for each in made.variants[::2]] == expected
        assert [each.name.rsplit(".")[1] for each in made.variants] == ["webp", "jpg"] * len(expected)
        for each in made.variants:
            with Image.open(io.BytesIO(each.data)) as opened:
                assert opened.size == (each.width, each.height)


@pytest.mark.parametrize(
    "data",
    [images.mpo(), images.animated("PNG"), images.animated("WEBP"), images.jpeg_with_secrets()],
    ids=["MPO", "APNG", "animated WebP", "JPEG behind JPEG"],
)
def test_the_first_picture_of_several_is_kept(data: bytes, tmp_path: Path) -> None:
    for kept in everything(developed(data, tmp_path)):
        assert near(corners(kept), [RED, GREEN, BLUE, GREY])


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("L", "JPEG"), ("L", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("RGBA", "PNG"),
                       ("1", "PNG"), ("RGBA", "WEBP")]
)  # fmt: skip
def test_every_mode_becomes_rgb_of_the_same_look(mode: str, kind: str, tmp_path: Path) -> None:
    image = images.picture(mode=mode)
    look = [image.convert("RGB").getpixel(place) for place in ((50, 37), (350, 37), (50, 262))]
    with Image.open(io.BytesIO(developed(images.saved(image, kind), tmp_path).original)) as opened:
        assert opened.mode == "RGB"
        found = [opened.getpixel(place) for place in ((50, 37), (350, 37), (50, 262))]
    if mode != "1":  # dots of two colours
        assert near(found, look, 40 if mode in ("CMYK", "P") else 6)  # type: ignore[arg-type]


def test_sixteen_bit_grey_keeps_its_brightness(tmp_path: Path) -> None:
    grey = images.picture(mode="L").convert("I").point(lambda value: value * 257).convert("I;16")
    made = developed(images.saved(grey, "PNG"), tmp_path)
    wanted = [(value, value, value) for value in (76, 150, 29, 128)]
    assert near(corners(made.original), wanted, 6)  # type: ignore[arg-type]


def test_transparency_becomes_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (400, 300), (255, 0, 0, 0))
    for kind in ("PNG", "WEBP"):
        made = developed(images.saved(clear, kind, **({"exact": True} if kind == "WEBP" else {})), tmp_path)
        assert near(corners(made.original), [(255, 255, 255)] * 4, 4)


def test_colours_of_another_profile_are_converted(tmp_path: Path) -> None:
    """A profile whose red and blue are exchanged: a viewer shows red pixels as blue, and so must the copies."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * profile[131], 12)}
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    for kind in ("JPEG", "PNG", "WEBP"):
        made = developed(images.saved(images.picture(), kind, icc_profile=bytes(profile), quality=95), tmp_path)
        assert near(corners(made.original), [BLUE, GREEN, RED, GREY], 30), kind


def test_damaged_profile_and_damaged_exif_do_not_spoil_the_picture(tmp_path: Path) -> None:
    data = images.saved(images.picture(), "JPEG", icc_profile=b"no profile", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert near(corners(developed(data, tmp_path).original), [RED, GREEN, BLUE, GREY])


@pytest.mark.slow
def test_packed_texts_are_not_unpacked(tmp_path: Path) -> None:
    bomb = images.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9))
    data = images.with_png_chunks(images.saved(images.picture(), "PNG"), *[bomb] * 4)
    assert near(corners(developed(data, tmp_path).original), [RED, GREEN, BLUE, GREY])


def test_image_that_does_not_decode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageDamagedError):
        developed(images.png_of(400, 300, b"too few rows"), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_decoder_that_needs_too_much_is_ended(tmp_path: Path) -> None:
    """Past the inspection, which would refuse it: a picture of 100 million pixels."""
    bomb = images.png_of(10_000, 10_000, bytes(10_000 * 30_001))
    with pytest.raises((ImageTooCostlyError, ImageDamagedError)):
        develop_image(Inspected("PNG", 10_000, 10_000, bomb), tmp_path)


@pytest.mark.slow
def test_hostile_images_cost_little_memory_and_time(tmp_path: Path) -> None:
    """The limit of memory holds for the process that decodes; the one that asks reads structures alone."""
    root = Path(__file__).parents[3]
    run = partial(subprocess.run, capture_output=True, text=True, check=True, cwd=root)
    run([sys.executable, "-m", "tests.pipelines.photos.hostile_files", str(tmp_path / "files.pickle")])
    done = run([sys.executable, "-m", "tests.pipelines.photos.hostile_set", str(tmp_path)])
    cost = dict(line.split("=") for line in done.stdout.split())
    assert int(cost["children_mb"]) < 300
    assert int(cost["own_mb"]) < 300
    assert float(cost["cpu_seconds"]) < 60
    assert cost["refused"] == cost["hostile"] == "10"
