"""Lay public variants of photos out in a grid, for people who look after the platform; nothing else is ever drawn."""

import io
from collections.abc import Sequence

from PIL import Image, ImageOps

from core.storage import ObjectNotFoundError, Storage
from pipelines.photos.judging.state import ShownPhoto
from pipelines.photos.object_keys import variant_key

_CELL, _COLUMNS, _GAP = (200, 150), 5, 4


def photo_grid(storage: Storage, photos: Sequence[ShownPhoto], most_columns: int = _COLUMNS) -> bytes | None:
    """Return a JPEG of the photos' smallest variants, row by row; None where there are none."""
    return picture_grid([cell for photo in photos if (cell := _cell(storage, photo)) is not None], most_columns)


def picture_grid(pictures: Sequence[Image.Image], most_columns: int = _COLUMNS) -> bytes | None:
    """Return a JPEG of pictures, each fitted into a cell; None where there are none."""
    cells = [ImageOps.contain(picture, _CELL) if max(picture.size) > _CELL[0] else picture for picture in pictures]
    if not cells:
        return None
    columns = min(most_columns, len(cells))
    rows = -(-len(cells) // columns)
    width, height = (side + _GAP for side in _CELL)
    grid = Image.new("RGB", (columns * width - _GAP, rows * height - _GAP), (255, 255, 255))
    for number, cell in enumerate(cells):
        left, top = number % columns * width, number // columns * height
        grid.paste(cell, (left + (_CELL[0] - cell.width) // 2, top + (_CELL[1] - cell.height) // 2))
    out = io.BytesIO()
    grid.save(out, "JPEG", quality=80)
    return out.getvalue()


def _cell(storage: Storage, photo: ShownPhoto) -> Image.Image | None:
    try:
        data = storage.get(variant_key(photo.content_id, photo.rendition, "320.jpg"))
    except ObjectNotFoundError:  # deleted meanwhile
        return None
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as opened:
        return opened.convert("RGB")
