"""Find phone numbers in a text, and tell them from prices, mileages, and numbers of chassis, engines and plates."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Final

from core.search.words.folding import fold
from pipelines.moderation.digits import DigitRun, digit_runs
from pipelines.moderation.findings import Finding

_MOBILE: Final = re.compile(r"(?:(?:0{0,2}92)0?|0)3[0-6]\d{8}")
_BARE_MOBILE: Final = re.compile(r"3[0-5]\d{8}")
_BARE_SHAPES: Final = {
    (10,),
    (3, 7),
    (3, 3, 4),
    (3, 4, 3),
    (3, 2, 2, 3),
    (3, 2, 5),
    (3, 5, 2),
    (4, 6),
    (4, 3, 3),
    (5, 5),
}
_LANDLINE: Final = re.compile(
    r"(?:0|0{0,2}92)(?:21|22|25|41|42|44|48|51|52|53|55|61|62|65|71|81|91|99|[4-9]\d{2})\d{6,8}"
)
_FREE: Final = re.compile(r"0800\d{5}|111\d{6}")
_ABROAD: Final = re.compile(r"(?:00)?[1-9]\d{9,13}")
_MOST_GROUPS: Final = 14


def find_phones(folded: str, field: str) -> list[Finding]:
    """Find a phone number in a folded text; at most one finding of each kind."""
    if "[phone]" in folded:
        return [Finding("contact_phone", field)]
    found = {code for run in digit_runs(folded) if (code := _judge(run)) is not None}
    if "contact_phone" in found:
        found.discard("contact_likely")
    return [Finding(code, field) for code in sorted(found)]


def _judge(run: DigitRun) -> str | None:
    if any(_is_phone(run, start, end) for start, end in _parts(run.groups)):
        return "contact_phone"
    return "contact_likely" if _is_called_a_phone(run) else None


def _parts(groups: tuple[str, ...]) -> list[tuple[int, int]]:
    """Return which groups may be a number by themselves: 9 to 15 digits."""
    lengths = [0, *accumulate(map(len, groups))]
    return [
        (start, end)
        for start in range(len(groups))
        for end in range(start + 1, min(start + _MOST_GROUPS, len(groups)) + 1)
        if 9 <= lengths[end] - lengths[start] <= 15
    ]


def _is_phone(run: DigitRun, start: int, end: int) -> bool:
    groups = run.groups[start:end]
    digits = "".join(groups)
    if _MOBILE.fullmatch(digits) and (groups[0][0] == "0" or _is_country_code(run, start)):
        return True
    if _is_of_the_car(run):
        return False
    if _BARE_MOBILE.fullmatch(digits) and _is_bare_shape(groups) and not digits.endswith("00000"):
        return True
    if groups[0][0] == "0" and _LANDLINE.fullmatch(digits) and len(groups[0]) != 1 + len(digits):
        return 10 <= len(digits) <= 11
    if run.plus and start == 0:
        return _ABROAD.fullmatch(digits) is not None
    return _FREE.fullmatch(digits) is not None and len(groups) > 1


def _is_country_code(run: DigitRun, start: int) -> bool:
    group = run.groups[start]
    return group in ("92", "9", "923") or (run.plus and start == 0) or group.startswith("923") or len(group) == 1


def _is_bare_shape(groups: tuple[str, ...]) -> bool:
    shape = tuple(map(len, groups))
    return shape in _BARE_SHAPES or max(shape) <= 2


def _is_of_the_car(run: DigitRun) -> bool:
    return not _words("of_the_car").isdisjoint(run.before[-3:])


def _is_called_a_phone(run: DigitRun) -> bool:
    """Tell whether a number of 7 digits or more follows a word for calling, and is not said to be something else."""
    digits = "".join(run.groups)
    near = run.before[-3:]
    if not 7 <= len(digits) <= 15 or digits.endswith("000") or _is_of_the_car(run):
        return False
    return not _words("calling").isdisjoint(near) and _words("of_money").isdisjoint((*near, run.after))


@cache
def _words(name: str) -> frozenset[str]:
    """Return the words near a number that say what kind of number it is."""
    stored = tomllib.loads(files(__package__).joinpath("number_words.toml").read_text("utf-8"))
    return frozenset(map(fold, stored["near"][name]))
