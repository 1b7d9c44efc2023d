"""Show, keep and propose the mappings by which a dealer's files are read."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Org
from core.errors import ConflictError, InvalidInputError, NotFoundError, RefusedFileError
from core.storage import Storage
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import (
    is_unowned,
    load_mapping,
    mapping_names,
    own_mapping_text,
    own_mappings,
    parse_mapping,
    preset_text,
    save_mapping,
)
from pipelines.feeds.readers.limits import MEGABYTE, FeedLimits
from pipelines.feeds.suggest.suggest import suggest_mapping
from pipelines.feeds.suggest.suggestion import Suggestion
from pipelines.feeds.suggest.toml_writer import mapping_toml
from serving.feeds.declarations import MANAGE_FEEDS
from serving.feeds.errors import (
    BadMappingError,
    FileNotSuggestedError,
    MappingExistsError,
    MappingNotFoundError,
    TooManyMappingsError,
)
from serving.identity.orgs.orgs import find_org

SAMPLE_BYTES: Final = 20 * MEGABYTE
"""The largest file from which a mapping is proposed over the API, and what it may unpack to."""
__all__ = [
    "SAMPLE_BYTES",
    "KeptMapping",
    "Suggestion",
    "get_mapping",
    "keep_mapping",
    "list_mappings",
    "require_mapping",
    "suggest_from",
]
_SAMPLE_LIMITS = FeedLimits(file_bytes=SAMPLE_BYTES, unpacked_bytes=4 * SAMPLE_BYTES)


@dataclass(frozen=True)
class KeptMapping:
    """A mapping as it is kept: its text, whether it is the dealer's own, its versions, and whether it is in use."""

    mapping: Mapping
    text: str
    own: bool
    versions: tuple[int, ...]
    default: bool


def list_mappings(session: Session, storage: Storage, principal: Principal, dealer: str) -> list[KeptMapping]:
    """List the platform's mappings and the dealer's own.

    Raises:
        ForbiddenError, UnknownOrgError: see `serving.identity.orgs.orgs.find_org`.
    """
    org = find_org(session, principal, dealer, MANAGE_FEEDS)
    own = own_mappings(storage, org.id)
    return [_kept(storage, org, name, own.get(name, [])) for name in _names(storage, own, org)]


def get_mapping(
    session: Session, storage: Storage, principal: Principal, dealer: str, wanted: tuple[str, int | None]
) -> KeptMapping:
    """Return a mapping by name and version, the newest without one.

    Raises:
        ForbiddenError, UnknownOrgError: see `serving.identity.orgs.orgs.find_org`.
        MappingNotFoundError: there is none of that name and version.
    """
    org = find_org(session, principal, dealer, MANAGE_FEEDS)
    require_mapping(storage, org, *wanted)
    name, version = wanted
    return _kept(storage, org, name, own_mappings(storage, org.id).get(name, []), version)


def keep_mapping(
    session: Session, storage: Storage, principal: Principal, dealer: str, new: tuple[str, str, bool]
) -> KeptMapping:
    """Keep a mapping (name and text) of the dealer; the third value: read its files by it from now on.

    Raises:
        ForbiddenError, UnknownOrgError: see `serving.identity.orgs.find_org`.
        BadMappingError, MappingExistsError, TooManyMappingsError: see `save_mapping`.
    """
    org = find_org(session, principal, dealer, MANAGE_FEEDS)
    name, text, becomes_default = new
    try:
        mapping = save_mapping(storage, name, text.encode(errors="replace"), org.id)
    except ConflictError as error:
        found = TooManyMappingsError if error.code == "too_many_mappings" else MappingExistsError
        raise found(error.detail) from error
    except InvalidInputError as error:
        raise BadMappingError(error.detail) from error
    if becomes_default:
        org.default_mapping = mapping.name
    facts = {"version": mapping.version, "default": becomes_default}
    record(session, Actor.of(principal), Act("feeds.save_mapping", "mapping", mapping.name, org.id, after=facts))
    return _kept(storage, org, name, own_mappings(storage, org.id).get(name, []))


def suggest_from(data: bytes, name: str) -> tuple[Suggestion, str]:
    """Propose how to read a sample, and write the proposal as TOML.

    Raises:
        FileNotSuggestedError: nothing in it can be read, or names the cars.
    """
    try:
        found = suggest_mapping(data, name, limits=_SAMPLE_LIMITS)
    except RefusedFileError as error:
        raise FileNotSuggestedError(error.detail) from error
    return found, mapping_toml(found)


def require_mapping(storage: Storage, org: Org, name: str, version: int | None = None) -> Mapping:
    """Return a mapping that the dealer may use.

    Raises:
        MappingNotFoundError: there is none of that name and version.
    """
    own = own_mappings(storage, org.id)
    try:
        if name in (*mapping_names(), *own, org.default_mapping):
            return load_mapping(name, storage, org.id, version)
    except NotFoundError:
        pass  # there is none of that version
    wanted = f"{name!r}" if version is None else f"{name!r} of version {version}"
    known = ", ".join(_names(storage, own, org))
    raise MappingNotFoundError(f"There is no mapping {wanted}; the known ones are {known}.")


def _names(storage: Storage, own: dict[str, list[int]], org: Org) -> list[str]:
    """List the platform's mappings and the dealer's own; of those from before mappings had owners, its default."""
    default = org.default_mapping
    found = sorted({*own, *([default] if default is not None and is_unowned(storage, default) else [])})
    return [*mapping_names(), *(name for name in found if name not in mapping_names())]


def _kept(storage: Storage, org: Org, name: str, versions: list[int], version: int | None = None) -> KeptMapping:
    is_own = name not in mapping_names()
    if is_own:
        text = own_mapping_text(storage, org.id, name, versions[-1] if version is None and versions else version)
        mapping = parse_mapping(name, text)
    else:
        text, mapping = preset_text(name), load_mapping(name)
    shown = tuple(versions) if is_own and versions else (mapping.version,)
    return KeptMapping(mapping, text.decode(errors="replace"), is_own, shown, name == org.default_mapping)
