"""Make the hostile images, and honest ones at the limits, as a file for `hostile_set`."""

import pickle
import sys
from pathlib import Path

from tests.factories import images


def main(path: Path) -> None:
    """Write two lists: images that must be refused, and heavy ones that must come through."""
    hostile = [
        images.png_of(20_000, 20_000),
        images.jpeg_of_many_scans(4_000),
        images.SVG,
        images.HEIC,
        images.jpeg()[:-500],
        images.jpeg() + b"<script>alert(1)</script>",
        b"GIF89a" + bytes(99),
        images.png_of(4_096, 4_096, bytes(99)),
        images.png_of(5_000, 5_000, bytes(5_000 * 15_001)),
        images.saved(images.picture(8_160, 6_120), "JPEG", progressive=True, subsampling=0),
    ]
    heavy = [
        images.pixel_bomb(),
        images.jpeg(8_160, 6_120),
        images.jpeg_of_many_scans(38),
        images.saved(images.picture(2_900, 2_890, "RGBA"), "WEBP", method=0),
    ]
    path.write_bytes(pickle.dumps((hostile, heavy)))


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    main(Path(sys.argv[1]))
