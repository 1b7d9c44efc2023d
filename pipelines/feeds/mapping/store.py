"""Load and save mappings: the presets of the platform, and those that organisations keep, version by version."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.storage import Storage
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.xml_paths import compile_paths

MOST_MAPPINGS: Final = 50
"""Mappings of an organisation."""
MOST_VERSIONS: Final = 200
"""Versions of one mapping."""
_MOST_VERSION: Final = 1_000_000
"""The largest number of a version (`schema.Mapping`)."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_FOLDER: Final = "mappings"
"""In storage (embedded: below `AUTOMART_HOME/storage`): `mappings/<organisation>/<name>/<version>.toml`."""


def mapping_names() -> list[str]:
    """List the mappings that come with the platform."""
    folder = files("pipelines.feeds.mapping") / "presets"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_mapping(
    name: str, own: Storage | None = None, owner: UUID | None = None, version: int | None = None
) -> Mapping:
    """Load the preset `presets/<name>.toml`, or else the mapping of this name that the organisation `owner` keeps.

    Own mappings are read from the storage `own` each time: a person edits them, and every worker must see the same one.
    Without a `version` it is the newest.

    Raises:
        NotFoundError: there is none of that name (`unknown_mapping`).
        InvalidInputError: an own mapping that says something impossible (`bad_mapping`).
    """
    known = mapping_names()
    if name in known and version in (None, _preset(name).version):
        return _preset(name)
    if own is not None and _NAME.fullmatch(name):
        try:
            return _load_own(own, owner, name, version)
        except NotFoundError:
            known += own_mapping_names(own, owner)
    wanted = f"{name!r}" if version is None else f"{name!r} of version {version}"
    raise NotFoundError(f"There is no mapping {wanted}; the known ones are {', '.join(known)}.", code="unknown_mapping")


def _load_own(own: Storage, owner: UUID | None, name: str, version: int | None) -> Mapping:
    text, is_owned = _find(own, owner, name, version)
    mapping = parse_mapping(name, text)
    if is_owned:
        return mapping
    # Nothing keeps the versions of one without an owner apart: it can be written anew in its place. So its text does.
    number = _MOST_VERSION - int.from_bytes(sha256(text).digest()[:4], "big") % (_MOST_VERSION // 2)
    return mapping.model_copy(update={"version": number})


def preset_text(name: str) -> bytes:
    """Return the TOML of a mapping that comes with the platform."""
    return (files("pipelines.feeds.mapping") / "presets" / f"{name}.toml").read_bytes()


def own_mapping_text(own: Storage, owner: UUID | None, name: str, version: int | None = None) -> bytes:
    """Return the TOML of an organisation's mapping; one that was kept before mappings had owners is found too.

    Raises:
        NotFoundError: there is none of that name and version.
    """
    text, _ = _find(own, owner, name, version)
    return text


def _find(own: Storage, owner: UUID | None, name: str, version: int | None) -> tuple[bytes, bool]:
    """Read the text of a mapping, the newest without a version, and tell whether it has an owner."""
    if version is None:
        version = next(reversed(own_mappings(own, owner).get(name, [])), None)
    if version is None:
        return own.get(f"{_FOLDER}/{name}.toml"), False
    return own.get(_key(owner, name, version)), True


def own_mappings(own: Storage, owner: UUID | None) -> dict[str, list[int]]:
    """List an organisation's mappings by name, each with its versions, the newest last: by one look at the storage."""
    found: dict[str, list[int]] = {}
    for name, number in sorted(_kept(own, owner)):
        found.setdefault(name, []).append(number)
    return found


def own_mapping_names(own: Storage, owner: UUID | None = None) -> list[str]:
    """List an organisation's mappings, and those that were kept before mappings had owners."""
    plain = [key.removeprefix(f"{_FOLDER}/") for key in own.keys(_FOLDER)]
    unowned = [key.removesuffix(".toml") for key in plain if "/" not in key]
    return sorted({*(name for name, _ in _kept(own, owner)), *unowned})


def is_unowned(own: Storage, name: str) -> bool:
    """Tell whether a mapping of this name was kept before mappings had owners."""
    return _NAME.fullmatch(name) is not None and own.exists(f"{_FOLDER}/{name}.toml")


def _kept(own: Storage, owner: UUID | None) -> Iterator[tuple[str, int]]:
    if owner is None:
        return
    folder = f"{_FOLDER}/{owner}/"
    for key in own.keys(folder):
        name, _, version = key.removeprefix(folder).removesuffix(".toml").partition("/")
        yield name, int(version)


def _key(owner: UUID | None, name: str, version: int) -> str:
    return f"{_FOLDER}/{owner}/{name}/{version}.toml"


def parse_mapping(name: str, text: bytes) -> Mapping:
    """Parse a mapping from the bytes of its TOML file.

    Raises:
        InvalidInputError: `bad_mapping`; the sentence says what is wrong with it.
    """
    try:
        return Mapping.model_validate(tomllib.loads(text.decode("utf-8")) | {"name": name})
    except ValidationError as error:
        first = error.errors()[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}".lstrip(": ")
    except (ValueError, re.error, RecursionError, OverflowError) as error:  # no UTF-8, no TOML, or no pattern
        why = str(error)
    raise _bad(name, why)


@cache
def _preset(name: str) -> Mapping:
    return parse_mapping(name, preset_text(name))


def save_mapping(storage: Storage, name: str, text: bytes, owner: UUID) -> Mapping:
    """Save a mapping of an organisation under this name; the same text again changes nothing.

    Every version is kept, and none is ever written anew: files that were read by it must be read the same by it for
    ever. Of two that save one version at the same time the first one wins.

    Raises:
        InvalidInputError: `bad_mapping`: it could not be loaded, or a file could not be read by it.
        ConflictError: `mapping_exists`: a preset has the name, or the text changed and its version did not go up;
            `too_many_mappings`.
    """
    mapping = parse_mapping(name, text)
    _try_paths(mapping)
    _try_patterns(mapping)
    if name in mapping_names():
        raise ConflictError(f"{name!r} is a mapping of the platform: choose another name.", code="mapping_exists")
    try:
        before = own_mapping_text(storage, owner, name)
    except NotFoundError:
        before = None
    _require_room(own_mappings(storage, owner), name, mapping.version)
    newest = 0 if before is None else parse_mapping(name, before).version
    if before != text and (mapping.version <= newest or not storage.create(_key(owner, name, mapping.version), text)):
        raise ConflictError(
            f"There is a mapping {name!r} of version {max(newest, mapping.version)}: raise the version in the"
            " new one, so that files are read again by it.",
            code="mapping_exists",
        )
    return mapping


def _require_room(kept: dict[str, list[int]], name: str, version: int) -> None:
    """Refuse a further mapping, or version of one, where too many are kept: each look lists all."""
    if name not in kept and len(kept) >= MOST_MAPPINGS:
        raise ConflictError(
            f"{MOST_MAPPINGS} mappings are kept already: change one of them by a new version.", code="too_many_mappings"
        )
    versions = kept.get(name, [])
    if version not in versions and len(versions) >= MOST_VERSIONS:
        raise ConflictError(
            f"{MOST_VERSIONS} versions of {name!r} are kept already: go on under another name.",
            code="too_many_mappings",
        )


def _try_paths(mapping: Mapping) -> None:
    """Refuse XML paths that the reader does not know: found in a delivery, they would stop its import."""
    try:
        compile_paths(mapping.source_columns() if mapping.format == "xml" else ())
    except ValueError as error:
        raise _bad(mapping.name, str(error)) from error


def _try_patterns(mapping: Mapping) -> None:
    """Refuse patterns that the reader's own library does not take: found in a delivery, they would stop its import."""
    import polars as pl

    patterns = [each.pattern for each in (*mapping.key, *mapping.columns.values()) if each.pattern is not None]
    for pattern in (*patterns, mapping.photo_separator):
        try:
            pl.Series([""]).str.contains(pattern)
        except pl.exceptions.ComputeError as error:
            why = str(error).splitlines()[0]
            raise _bad(mapping.name, f"the pattern {pattern!r} is not known ({why})") from error


def _bad(name: str, why: str) -> InvalidInputError:
    return InvalidInputError(f"The mapping {name!r} cannot be used: {why}.", code="bad_mapping")
