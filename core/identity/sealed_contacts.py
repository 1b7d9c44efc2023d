"""Look up contacts by a blind index, and the columns that keep them sealed: a dump of the tables shows no number."""

from __future__ import annotations

from typing import Any, Final

from core.identity.contacts import Contact
from core.personal_data.sealed_column import SealedColumn
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.security.sealing import blind_index

USER_NAME: Final = SealedColumn("users", "name", "person", "id")
USER_CONTACT: Final = SealedColumn(
    "user_contacts",
    "sealed",
    "person",
    "user_id",
    lambda row: ("user_contacts", row.kind, row.blind_index.hex()),
    ("kind", "blind_index"),
)
INVITED_CONTACT: Final = SealedColumn(
    "invitations",
    "sealed",
    "contact",
    "blind_index",
    lambda row: ("invitations", row.org_id.hex, row.blind_index.hex()),
    ("org_id",),
)
CHALLENGED_CONTACT: Final = SealedColumn(
    "otp_challenges", "sealed", "contact", "blind_index", lambda row: ("otp_challenges", row.blind_index.hex())
)


def contact_index(keys: PlatformKeys, contact: Contact) -> bytes:
    """Return the blind index of a contact, the same in every table."""
    return blind_index(keys.index, contact.kind, contact.value)


def open_contact(sealer: Sealer, column: SealedColumn, row: Any) -> Contact:
    """Return the contact that a row keeps sealed.

    Raises:
        CannotOpenError: its owner was erased, or the value belongs to another row.
    """
    return Contact(row.kind, column.open(sealer, row))
