"""Decode one image, in a process of its own with little memory and time, and write the clean original and variants.

Started by `pipelines.photos.developing`: it imports nothing of the platform, so that it starts quickly, and whatever a
decoder does to it stays in it. Everything is drawn anew from the pixels of the first picture, upright, in sRGB on
white: no metadata, thumbnail, second picture or comment of the file can come along.
"""

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

ORIGINAL_SIDE = 4096
SIZES = (320, 800, 1600)
_ORIENTATION = 0x0112
_MOST_PROFILE = 4_000_000
_DECODED_WHOLE = 20_000_000  # pixels, at 4 bytes each

if TYPE_CHECKING:
    from PIL.Image import Image as Picture


def made(folder: Path, kind: str) -> dict[str, Any]:
    """Decode `image` in the folder as a type."""
    try:
        return develop(folder, kind)
    except MemoryError:
        return {"refused": "costly"}
    except Exception as error:  # noqa: BLE001  # decoders raise whatever they like at damaged files
        return {"refused": "damaged", "error": f"{type(error).__name__}: {error}"[:200]}


def develop(folder: Path, kind: str) -> dict[str, Any]:
    """Write `original.jpg` and the variants into the folder, and describe them."""
    from PIL import Image

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    with Image.open(folder / "image", formats=[kind]) as opened:
        picture = clean_picture(opened)
    picture.save(folder / "original.jpg", "JPEG", quality=92)
    return {"width": picture.width, "height": picture.height, "variants": write_variants(picture, folder)}


def write_variants(picture: "Picture", folder: Path) -> list[dict[str, Any]]:
    """Write the sizes of a clean picture into the folder in both formats, and describe them."""
    variants = []
    for size in SIZES:
        sized = _fitted(picture, size)
        for suffix, options in (("webp", {"quality": 80, "method": 4}), ("jpg", {"quality": 82, "optimize": True})):
            name = f"{size}.{suffix}"
            sized.save(folder / name, "WEBP" if suffix == "webp" else "JPEG", **options)
            variants.append({"name": name, "size": size, "width": sized.width, "height": sized.height})
        if max(picture.size) <= size:
            break
    return variants


def clean_picture(opened: "Picture") -> "Picture":
    """Return the pixels alone: first picture, upright, sRGB on white, at most ORIGINAL_SIDE a side."""
    from PIL import Image

    orientation = _orientation(opened)
    profile = opened.info.get("icc_profile")
    if opened.width * opened.height > _DECODED_WHOLE:
        opened.draft(None, (opened.width // 2, opened.height // 2))  # a large JPEG costs a quarter of the memory
    opened.load()
    picture = _in_srgb(_fitted(_plain_mode(opened), ORIGINAL_SIDE), profile)
    turned = picture.transpose(Image.Transpose(_TURNS[orientation])) if orientation in _TURNS else picture
    clean = Image.new("RGB", turned.size, (255, 255, 255))
    clean.paste(turned, mask=turned.getchannel("A") if turned.mode == "RGBA" else None)
    return clean


_TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
"""EXIF orientation → Pillow's Transpose that turns the picture upright."""


def _orientation(opened: "Picture") -> int:
    try:
        return int(opened.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001  # damaged metadata do not spoil the picture
        return 1


def _plain_mode(picture: "Picture") -> "Picture":
    """Convert palettes, 16 bits and black and white into L, RGB, RGBA or CMYK."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.mode in ("P", "LA", "PA") or "transparency" in picture.info:
        return picture.convert("RGBA")
    return picture if picture.mode in ("L", "RGB", "RGBA", "CMYK") else picture.convert("RGB")


def _fitted(picture: "Picture", side: int) -> "Picture":
    from PIL import Image

    longest = max(picture.size)
    if longest <= side:
        return picture
    width, height = (max(1, round(each * side / longest)) for each in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _in_srgb(picture: "Picture", profile: bytes | None) -> "Picture":
    """Convert to RGB or RGBA, by the file's colour profile where it has a sound one."""
    from PIL import Image, ImageCms

    plain = "RGBA" if picture.mode == "RGBA" else "RGB"
    if not profile or len(profile) > _MOST_PROFILE:
        return picture.convert(plain)
    alpha = picture.getchannel("A") if plain == "RGBA" else None
    colours = picture.convert("RGB") if plain == "RGBA" else picture
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(colours, given, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture.convert(plain)
    if converted is None:
        return picture.convert(plain)
    return converted if alpha is None else Image.merge("RGBA", (*converted.split(), alpha))
