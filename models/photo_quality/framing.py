"""Find what was put around or upon a photo: borders, bars of text, the frame of a screen, and several photos in one."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.photo_quality.sharpness import Grey

_NEAR: Final = 4  # grey values that count as the strip's own
_OWN_SHARE: Final = 0.85  # of a row in the strip's own value, where nothing is written
_UNDER_TEXT: Final = 0.15  # of a row that text runs through
_ENDED: Final = 0.35
_STEP: Final = 12
_THINNEST: Final = 0.015
_BAR, _HIGHEST_BAR = 0.045, 0.3
_WRITTEN: Final = 0.015  # of a strip that something stands on
SEAM_FROM, SEAM_WORST = 0.93, 0.99
"""Share of the rows that have a step at the same column."""
_STANDS_OUT: Final = 5.0  # of that column's steps by those of an ordinary one
_ALIKE, _APART, _MOST_SEAMS = 0.85, 6, 3
_BARS: Final = 0.1


@dataclass(frozen=True)
class Strip:
    """A strip of one value along an edge: its height as a share of the picture, and whether it has text or symbols."""

    share: float
    written: bool


NONE: Final = Strip(0.0, written=False)


@dataclass(frozen=True)
class Framing:
    """Borders around the photo; `seam` is the longest straight seam through it, as a share of its side."""

    top: Strip
    bottom: Strip
    left: Strip
    right: Strip
    seam: float

    @property
    def is_screenshot(self) -> bool:
        """Tell whether there are bars above and below, with text or symbols on one of them."""
        both = min(self.top.share, self.bottom.share) > 0
        return both and self.top.share + self.bottom.share >= _BARS and (self.top.written or self.bottom.written)

    @property
    def has_border(self) -> bool:
        """Whether two opposite sides have plain strips."""
        upright = _plain(self.top) and _plain(self.bottom)
        return upright or (_plain(self.left) and _plain(self.right))

    @property
    def has_banner(self) -> bool:
        """A bar with something on it, which belongs to no screen."""
        bars = (self.top, self.bottom, self.left, self.right)
        return not self.is_screenshot and any(bar.written and _BAR <= bar.share <= _HIGHEST_BAR for bar in bars)

    def inside(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Return the picture without its strips."""
        height, width = pixels.shape[:2]
        across = (round(self.left.share * width), width - round(self.right.share * width))
        return pixels[
            round(self.top.share * height) : height - round(self.bottom.share * height), across[0] : across[1]
        ]


def _plain(strip: Strip) -> bool:
    return strip.share >= _THINNEST and not strip.written


def measure_framing(grey: Grey) -> Framing:
    """Measure a small grey picture, of some 480 pixels."""
    given = grey.astype(np.int16)
    turned = np.ascontiguousarray(given.T)
    top, bottom, left, right = _strip(given), _strip(given[::-1]), _strip(turned), _strip(turned[::-1])
    framed = Framing(top, bottom, left, right, 0.0)
    inside = framed.inside(given)
    return replace(framed, seam=max(_seam(inside), _seam(inside.T))) if min(inside.shape) >= 32 else framed


def _strip(given: NDArray[np.int16]) -> Strip:
    """Measure the strip along the upper edge: it ends at one row for the whole width, whatever is written on it."""
    half = given[: len(given) // 2 + 1]
    value = float(np.median(half[:2]))
    own = (np.abs(half - value) <= _NEAR).mean(axis=1)
    reach = len(own) if (own >= _UNDER_TEXT).all() else int((own < _UNDER_TEXT).argmax())
    ends = np.flatnonzero(own[:reach] >= _OWN_SHARE)
    if own[0] < _OWN_SHARE or not ends.size:
        return NONE
    high = int(ends[-1]) + 1
    past = own[min(high + 1, len(own) - 1)]
    if high < max(2, round(_THINNEST * len(given))) or high >= len(own) - 1 or past > _ENDED:
        return NONE
    inner = np.abs(half[: max(1, high - 1)] - value) > 4 * _NEAR
    return Strip(high / len(given), written=bool(inner.mean() > _WRITTEN))


def _seam(given: NDArray[np.int16]) -> float:
    """Return the largest share of rows that have a step at the same column, away from the edges."""
    width = given.shape[1]
    steps = np.abs(given[:, 2:] - given[:, :-2])[:, round(0.12 * width) : round(0.88 * width)]
    sizes = steps.mean(axis=0)
    standing_out = sizes >= _STANDS_OUT * (np.median(sizes) + 0.5)
    shares = (steps > _STEP).mean(axis=0) * standing_out
    longest = float(shares.max()) if shares.size else 0.0
    alike = np.flatnonzero(shares >= _ALIKE * longest)
    seams = 1 + int((np.diff(alike) > _APART).sum())
    return longest if seams <= _MOST_SEAMS else 0.0  # joints of bricks or tiles
