"""Load and save mappings: the presets of the platform, and dealers' own."""

import re
import tomllib
from functools import cache
from importlib.resources import files

from pydantic import ValidationError

from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.storage import Storage
from pipelines.feeds.mapping.schema import Mapping

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


def mapping_names() -> list[str]:
    """List the mappings that come with the platform."""
    folder = files("pipelines.feeds.mapping") / "presets"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def own_mapping_key(name: str) -> str:
    """Return the storage key of a dealer's own mapping (embedded: below `AUTOMART_HOME/storage`)."""
    return f"mappings/{name}.toml"


def load_mapping(name: str, own: Storage | None = None) -> Mapping:
    """Load the preset `presets/<name>.toml`, or else the dealers' own mapping of this name in the storage `own`.

    Own mappings are read from storage each time: a person edits them, and every worker must see the same one.

    Raises:
        NotFoundError: there is none of that name (`unknown_mapping`).
        InvalidInputError: an own mapping that says something impossible (`bad_mapping`).
    """
    known = mapping_names()
    if name in known:
        return _preset(name)
    if own is not None and _NAME.fullmatch(name):
        try:
            return parse_mapping(name, own.get(own_mapping_key(name)))
        except NotFoundError:
            known += own_mapping_names(own)
    raise NotFoundError(f"There is no mapping {name!r}; the known ones are {', '.join(known)}.", code="unknown_mapping")


def own_mapping_names(own: Storage) -> list[str]:
    """List the dealers' own mappings."""
    return [key.removeprefix("mappings/").removesuffix(".toml") for key in own.keys("mappings")]


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
    except (ValueError, re.error) as error:  # no UTF-8, no TOML, or a pattern that is none
        why = str(error)
    raise InvalidInputError(f"The mapping {name!r} cannot be used: {why}.", code="bad_mapping")


@cache
def _preset(name: str) -> Mapping:
    return parse_mapping(name, (files("pipelines.feeds.mapping") / "presets" / f"{name}.toml").read_bytes())


def save_mapping(storage: Storage, name: str, text: bytes) -> Mapping:
    """Save a mapping under this name; the same text again changes nothing.

    Raises:
        InvalidInputError: `bad_mapping`: it could not be loaded.
        ConflictError: `mapping_exists`: a preset has the name, or the text changed and its version did not go up.
            Files that were read by a version must be read the same by it for ever.
    """
    mapping = parse_mapping(name, text)
    if name in mapping_names():
        raise ConflictError(f"{name!r} is a mapping of the platform: choose another name.", code="mapping_exists")
    try:
        before = storage.get(own_mapping_key(name))
    except NotFoundError:
        before = None
    if before is not None and before != text and mapping.version <= parse_mapping(name, before).version:
        raise ConflictError(
            f"There is a mapping {name!r} of version {parse_mapping(name, before).version}: raise the version in the"
            " new one, so that files are read again by it.",
            code="mapping_exists",
        )
    storage.put(own_mapping_key(name), text)
    return mapping
