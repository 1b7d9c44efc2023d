"""Find all columns of photos, since many senders have one for each photo."""

import re

from pipelines.feeds.suggest.aliases import header_phrase
from pipelines.feeds.suggest.shapes import share_alone

_NUMBERED = re.compile(r"(.*?)[ _.#\[-]*(\d{1,3})\]?(.*)")
_PHOTO = re.compile(r"photo|image|img|\bpic|picture|gallery|\bbild|foto|تصویر")
_NO_PHOTO_OF_THE_CAR = re.compile(r"thumb|logo|banner|avatar|profile|icon|dealer|seller|\bqr\b|video|tag")


def photo_columns(chosen: str, columns: dict[str, list[str]]) -> list[str]:
    """Return the chosen column with the others of photos: by number, or else in the order of the file."""
    found = [name for name, cells in columns.items() if name == chosen or _holds_photos(name, cells)]
    numbers = {name: match for name in found if (match := _NUMBERED.fullmatch(name)) is not None}
    if len(numbers) == len(found) and len({(match[1], match[3]) for match in numbers.values()}) == 1:
        return sorted(found, key=lambda name: int(numbers[name][2]))
    return found


def _holds_photos(name: str, cells: list[str]) -> bool:
    phrase = header_phrase(name)
    named = _PHOTO.search(phrase) is not None and _NO_PHOTO_OF_THE_CAR.search(phrase) is None
    look = share_alone("photos", cells)
    return named and (look is None or look >= 0.85)
