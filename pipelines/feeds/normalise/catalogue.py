"""Spell makes and models as in the catalogue (`catalogue.toml`), and find them in titles and addresses."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pipelines.feeds.normalise.slips import SHORTEST_MENDED, misspelt_name

_ID = re.compile(r"-\d+$")
_PLACE = re.compile(r"-for-sale(-in-.*)?$")
_SLUG_YEAR = re.compile(r"-((?:19|20)\d{2})$")
_YEAR = re.compile(r"(?<![\w.])(?:19|20)\d{2}(?![\w.])")
_MODEL_YEARS = re.compile(r"^[/-]\d\d(?!\d)")
"""The second year of `2015/16`."""
_MAX_MAKE_WORDS = 3
_MAX_MODEL_WORDS = 4


def compact(text: str) -> str:
    """Return letters and digits alone, in lower case, so that "Mercedes-Benz" and "MERCEDES BENZ" compare equal."""
    return "".join(char for char in text.casefold() if char.isalnum())


_YEAR_FIRST = re.compile(
    r"^(?:my ?)?((?:19[5-9]|20[0-3])\d)(?:[-/](?:\d\d){1,2})?['’]?(?: model)?[ ,:|-]+(.+)$", re.IGNORECASE
)
"""`2015 Toyota Corolla`, `2015 model Honda Civic`, as some senders begin."""
_CALLS = re.compile(r"^(?:(?:for sale|used|brand new|urgent(?: sale)?|selling)\b[ :,!-]*)+", re.IGNORECASE)
"""Words before the name of a car that say nothing of which it is."""


@dataclass(frozen=True)
class Make:
    """Hold a make's display name and its models by compact spelling."""

    name: str
    models: dict[str, str]


@dataclass(frozen=True)
class Identity:
    """Hold which car a title or an address names; a part that they leave open is None."""

    make: str | None = None
    model: str | None = None
    variant: str | None = None
    title_year: int | None = None
    url_year: int | None = None


@cache
def catalogue() -> dict[str, Make]:
    """Return every make by each of its compact spellings."""
    text = (files("pipelines.feeds.normalise") / "catalogue.toml").read_text(encoding="utf-8")
    makes: dict[str, Make] = {}
    for name, entry in tomllib.loads(text)["makes"].items():
        make = Make(name, {compact(model): model for model in entry["models"]})
        makes |= {compact(spelling): make for spelling in (name, *entry.get("also", ()))}
    return makes


def _display_name(text: str) -> str:
    """Return the display form of an unknown name: words of 4 letters or more in one case are capitalised."""
    words = text.split()
    return " ".join(
        word.capitalize() if len(word) > 3 and word.isalpha() and word in (word.upper(), word.lower()) else word
        for word in words
    )


def make_name(text: str) -> str:
    """Return the display spelling of a make, also of a misspelt one."""
    make = _make_of(text)
    return make.name if make else _display_name(text)


def model_name(make: str, text: str) -> str:
    """Return the display spelling of a model of a make, also of a misspelt one."""
    known = catalogue().get(compact(make))
    display = _spelled(text, known.models) if known else None
    return display or _display_name(text)


def make_and_model(make: str | None, model: str | None) -> tuple[str | None, str | None]:
    """Return the display spelling of both, each without the other: "Toyota" and "Toyota Corolla" are Toyota Corolla."""
    if make is None and model is not None:
        parts = _by_title(model)
        make, model = (None, model) if parts is None else (parts[0], " ".join(f"{parts[1]} {parts[2] or ''}".split()))
    if make is None:
        return None, None if model is None else model_name("", model)
    if _make_of(make) is None and (parts := _by_title(make)) is not None:  # "Toyota Corolla" and "GLi"
        named = compact(model or "")
        model = model if named.startswith(compact(parts[1])) else f"{parts[1]} {parts[2] or ''} {model or ''}"
        make = parts[0]
    name = make_name(make)
    return name, None if model is None else model_name(name, _without_make(name, " ".join(model.split())))


def _make_of(text: str) -> Make | None:
    return catalogue().get(compact(text)) or catalogue().get(misspelt_name(compact(text), catalogue()) or "")


def _spelled(text: str, models: dict[str, str]) -> str | None:
    """Return the display name of a model, also of a misspelt one."""
    name = compact(text)
    if name not in models:
        name = misspelt_name(name, models) or ""
        is_begun = models.get(name, "").casefold().startswith(f"{text.strip().casefold()} ")  # "Mark" is no Mark X
        name = name if _slip_is_in_a_word(text.split(), name) and not is_begun else ""
    return models.get(name)


def _slip_is_in_a_word(words: list[str], name: str) -> bool:
    """Tell whether one word of four letters or more has all that differs: of "Wagn R", but not of "Prius V"."""
    parts = [compact(word) for word in words]
    return any(
        len(part) >= SHORTEST_MENDED
        and name.startswith("".join(parts[:at]))
        and name.endswith("".join(parts[at + 1 :]))
        for at, part in enumerate(parts)
    )


def _without_make(make: str, model: str) -> str:
    """Drop the make that stands before a model once more."""
    known = catalogue().get(compact(make))
    words = model.split()
    count = _count_leading_words(words, _MAX_MAKE_WORDS, catalogue()) if known else 0
    names_it = count and len(words) > count and catalogue()[compact("".join(words[:count]))] is known
    return " ".join(words[count:]) if names_it and compact(model) not in (known.models if known else {}) else model


def is_known_make(name: str | None) -> bool:
    """Tell whether the catalogue has this make, by its display name."""
    return name is not None and compact(name) in catalogue()


def is_known_model(make: str | None, name: str | None) -> bool:
    """Tell whether the catalogue has this model; of an unknown make, whose word is told already, every model passes."""
    known = None if make is None else catalogue().get(compact(make))
    return known is None or (name is not None and compact(name) in known.models)


def _count_leading_words(words: list[str], limit: int, known: dict[str, Make] | dict[str, str]) -> int:
    """Count the leading words that spell a known name; the longest name wins; 0 for none."""
    return next((n for n in range(min(limit, len(words)), 0, -1) if compact("".join(words[:n])) in known), 0)


def _after_prefix(title: str, prefix: str) -> str | None:
    """Return the rest of a title after the letters and digits of `prefix`, where they end with a word; else None."""
    taken = 0
    for position, char in enumerate(title):
        if taken == len(prefix):
            return None if char.isalnum() else title[position:]
        if not char.isalnum():
            continue
        folded = char.casefold()
        if not prefix.startswith(folded, taken):
            return None
        taken += len(folded)
    return "" if taken == len(prefix) else None


def _address_parts(url: str) -> tuple[list[str], int | None]:
    """Return the words of an address that name make and model, and its year: `…/toyota-86-1986-for-sale-in-lahore`."""
    slug = _ID.sub("", url.split("?")[0].split("#")[0].rstrip("/").rsplit("/", 1)[-1].casefold())
    slug = _PLACE.sub("", slug)
    year = _SLUG_YEAR.search(slug)
    return _SLUG_YEAR.sub("", slug).split("-"), int(year.group(1)) if year else None


def _variant_and_year(text: str) -> tuple[str | None, int | None]:
    """Split the text after make and model into variant and year; the year is the last one written."""
    years = list(_YEAR.finditer(text))
    if years:
        text = f"{text[: years[-1].start()]} {_MODEL_YEARS.sub('', text[years[-1].end() :])}"
    variant = " ".join(re.sub(r"\(\s*\)|\s,(?=\s*,)", " ", text).split()).replace(" ,", ",").strip(" ,;|")
    return variant or None, int(years[-1].group()) if years else None


def _by_address(title: str, words: list[str]) -> tuple[str, str, str | None] | None:
    """Return make, model and the rest of the title, where address and title agree or there is no title."""
    count = _count_leading_words(words, _MAX_MAKE_WORDS, catalogue())
    if not count or len(words) == count:
        return None
    make = catalogue()[compact("".join(words[:count]))]
    model_key = compact("".join(words[count:]))
    if not title:
        return make.name, make.models.get(model_key) or " ".join(words[count:]).title(), None
    after_make = _after_prefix(title, compact("".join(words[:count])))
    rest = None if after_make is None else _after_prefix(after_make, model_key)
    if after_make is None or rest is None or not model_key:
        return None
    written = " ".join(after_make[: len(after_make) - len(rest)].split())
    return make.name, make.models.get(model_key) or written, rest


def _by_title(title: str) -> tuple[str, str, str | None] | None:
    words = title.split()
    count = _count_leading_words(words, _MAX_MAKE_WORDS, catalogue())
    if len(words) == count:
        return None
    if not count:
        return _by_misspelt_make(words)
    make = catalogue()[compact("".join(words[:count]))]
    model, taken = _leading_model(words[count:], make) or (words[count], 1)
    return make.name, model, " ".join(words[count + taken :])


def _by_misspelt_make(words: list[str]) -> tuple[str, str, str | None] | None:
    """Take misspelt words for a make where one of its models follows: "Hodna City", but not "Seats leather"."""
    for count in range(min(len(words) - 1, _MAX_MAKE_WORDS), 0, -1):
        make = _make_of(" ".join(words[:count]))
        if make is not None and (found := _leading_model(words[count:], make)) is not None:
            return make.name, found[0], " ".join(words[count + found[1] :])
    return None


def _leading_model(words: list[str], make: Make) -> tuple[str, int] | None:
    """Return the model that words begin with, also misspelt, and of how many words it is; the longest name wins."""
    exact = _count_leading_words(words, _MAX_MODEL_WORDS, make.models)
    counts = [exact] if exact else range(min(len(words), _MAX_MODEL_WORDS), 0, -1)
    found = ((_spelled(" ".join(words[:count]), make.models), count) for count in counts)
    return next(((model, count) for model, count in found if model is not None), None)


def identify(title: str | None, url: str | None) -> Identity:
    """Take make, model, variant and year from a classified ad's title and address.

    The address says where the model ends ("corolla-cross"), the title says how it is spelled and what the variant
    is. Where they name different cars the title is used: the seller can edit it, the address stays.
    """
    title = _YEAR_FIRST.sub(r"\2 \1", _CALLS.sub("", " ".join((title or "").split())))
    words, url_year = _address_parts(url) if url else ([], None)
    parts = _by_address(title, words) or _by_title(title)
    if parts is None:
        return Identity(title_year=_variant_and_year(title)[1], url_year=url_year)
    make, model, rest = parts
    variant, title_year = _variant_and_year(rest or "")
    return Identity(make, model, variant, title_year, url_year)
