"""Files are told apart by their content and refused before anything is decoded."""

import io
import struct
import zipfile

import pytest

from pipelines.photos.errors import ImageRefusedError
from pipelines.photos.inspection import inspect_image
from tests.factories import images


def refusal(data: bytes, announced: str | None = None) -> str:
    with pytest.raises(ImageRefusedError) as refused:
        inspect_image(data, announced)
    return refused.value.code


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        (images.jpeg(), "JPEG", (400, 300)),
        (images.saved(images.picture(), "JPEG", progressive=True), "JPEG", (400, 300)),
        (images.jpeg_with_secrets(), "JPEG", (400, 300)),
        (images.mpo(), "JPEG", (400, 300)),
        (images.png_with_secrets(), "PNG", (400, 300)),
        (images.animated("PNG"), "PNG", (400, 300)),
        (images.webp_with_secrets(), "WEBP", (400, 300)),
        (images.saved(images.picture(), "WEBP"), "WEBP", (400, 300)),
        (images.saved(images.picture(), "WEBP", lossless=True), "WEBP", (400, 300)),
        (images.animated("WEBP"), "WEBP", (400, 300)),
    ],
)
def test_type_and_size_are_read_from_the_structure(data: bytes, kind: str, size: tuple[int, int]) -> None:
    found = inspect_image(data)
    assert (found.kind, (found.width, found.height)) == (kind, size)


def tiff() -> bytes:
    return images.saved(images.picture(), "TIFF")


def avif() -> bytes:
    return images.saved(images.picture(), "AVIF")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "image_empty"),
        (b"hello", "unsupported_image_type"),
        (images.SVG, "unsupported_image_type"),
        (b"<html><body>no image</body></html>", "unsupported_image_type"),
        (b"%PDF-1.7", "unsupported_image_type"),
        (b"MZ" + bytes(200), "unsupported_image_type"),
        (images.saved(images.picture(mode="P"), "GIF"), "unsupported_image_type"),
        (images.saved(images.picture(), "BMP"), "unsupported_image_type"),
        (tiff(), "unsupported_image_type"),
        (avif(), "unsupported_image_type"),
        (b"\0\0\0\x1cftypisom" + bytes(100), "unsupported_image_type"),
        (images.HEIC, "heic_not_supported"),
        (images.HEIC.replace(b"heic", b"mif1"), "heic_not_supported"),
        (images.png_of(20_000, 20_000), "image_too_many_pixels"),
        (images.png_of(60_000, 100), "image_too_many_pixels"),
        (images.png_of(2**31 - 1, 2**31 - 1), "image_too_many_pixels"),
        (images.jpeg(63, 400), "image_too_small"),
        (images.png_of(0, 300), "image_damaged"),
        (images.jpeg_of_many_scans(60), "image_too_many_scans"),
        (images.jpeg_of_many_scans(5_000), "image_too_many_scans"),
    ],
)
def test_other_files_are_refused_by_a_code(data: bytes, code: str) -> None:
    assert refusal(data) == code


@pytest.mark.parametrize("make", [images.jpeg, images.png_with_secrets, images.webp_with_secrets])
def test_every_cut_file_is_refused(make: object) -> None:
    data: bytes = make()  # type: ignore[operator]
    whole = inspect_image(data)
    for end in (*range(0, min(400, len(whole.data)), 7), len(whole.data) // 2, len(whole.data) - 1):
        with pytest.raises(ImageRefusedError):
            inspect_image(data[:end])


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("virus.exe", b"x" * 100)
    return out.getvalue()


def jpeg_with_comment(text: bytes) -> bytes:
    data = images.jpeg()
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + data[2:]


PNG = images.saved(images.picture(), "PNG")
WEBP = images.webp_with_secrets()


@pytest.mark.parametrize(
    "data",
    [
        images.jpeg() + zipped(),
        PNG + zipped(),
        images.jpeg() + b"<?php system($_GET['c']); ?>",
        jpeg_with_comment(b"<?php system($_GET['c']); ?>"),
        jpeg_with_comment(b"<ScRiPt>alert(1)</sCrIpT>"),
        jpeg_with_comment(b"*/=1;alert(1);/*"),
        jpeg_with_comment(b"%PDF-1.4 1 0 obj"),
        images.with_png_chunks(PNG, images.chunk(b"tEXt", b"Comment\0<html><script>alert(1)</script>")),
        WEBP + b"<!DOCTYPE html><script>alert(1)</script>",
        images.jpeg() + b"MZ\x90\0" + bytes(200),
        images.jpeg() + b"\x7fELF" + bytes(200),
        images.jpeg() + b"#!/bin/sh\nrm -rf /\n",
    ],
)
def test_file_that_is_an_image_and_something_else_is_refused(data: bytes) -> None:
    assert refusal(data) == "image_hides_content"


def test_what_phones_put_behind_a_picture_is_no_fault() -> None:
    for behind in (images.jpeg(64, 64), bytes(5_000), b"\0\0\0\x18ftypmp42" + bytes(5_000), b"SEFT" + bytes(40)):
        assert inspect_image(images.jpeg() + behind).data == images.jpeg()


def test_announced_type_must_be_the_real_one() -> None:
    assert refusal(images.jpeg(), "image/png") == "image_type_differs"
    assert inspect_image(images.jpeg(), "image/jpeg").kind == "JPEG"


@pytest.mark.timeout(60)  # of a second for all, or of minutes for each
def test_structure_of_a_large_hostile_file_is_read_quickly() -> None:
    hostile = (
        images.jpeg()[:-2] + b"\xff\x00" * 10_000_000,
        images.jpeg()[:-2] + b"\xff" * 20_000_000,
        b"\xff\xd8" + b"\xff" * 20_000_000,
        images.jpeg()[:2] + (b"\xff\xfe\x00\x02" * 5_000_000),
        b"\x89PNG\r\n\x1a\n" + images.png_of(400, 300)[8:33] + images.chunk(b"teSt", b"") * 1_600_000,
        b"RIFF" + struct.pack("<I", 20_000_004) + b"WEBP" + b"JUNK\0\0\0\0" * 2_500_000,
    )
    for data in hostile:
        with pytest.raises(ImageRefusedError):
            inspect_image(data)
