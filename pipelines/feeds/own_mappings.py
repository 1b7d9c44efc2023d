"""Dealers' own mappings: saved once they can be loaded, replaced only by a higher version."""

from core.errors import ConflictError, NotFoundError
from core.storage import Storage
from pipelines.feeds.mapping import Mapping, mapping_names, own_mapping_key, parse_mapping


def save_mapping(storage: Storage, name: str, text: bytes) -> Mapping:
    """Keep a mapping under this name; the same text again changes nothing.

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
            " new one, so that files are read anew by it.",
            code="mapping_exists",
        )
    storage.put(own_mapping_key(name), text)
    return mapping
