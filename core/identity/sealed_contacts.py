"""Look up contacts by a blind index and open those that a table keeps sealed: a dump of the tables shows no number."""

from __future__ import annotations

from core.identity.contacts import Contact
from core.security.platform_keys import PlatformKeys
from core.security.sealing import blind_index, open_sealed


def contact_index(keys: PlatformKeys, contact: Contact) -> bytes:
    """Return the blind index of a contact, the same in every table."""
    return blind_index(keys.index, contact.kind, contact.value)


def open_contact(keys: PlatformKeys, kind: str, sealed: bytes, place: tuple[str, ...]) -> Contact:
    """Return the contact that a row keeps sealed.

    Raises:
        CannotOpenError: the keys are others than those it was sealed with, or the place is another one.
    """
    return Contact(kind, open_sealed(keys.sealing, sealed, place))  # type: ignore[arg-type]  # tables check the kind
