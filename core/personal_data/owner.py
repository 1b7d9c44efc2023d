"""The owner of personal data: whose data key they are sealed under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

OwnerKind = Literal["person", "org", "contact"]


@dataclass(frozen=True)
class Owner:
    """A person; an organisation, where there is no person; or a contact that nobody has proven yet, by blind index."""

    kind: OwnerKind
    ref: bytes

    def __repr__(self) -> str:
        """Return the kind alone: a blind index is personal data and never reaches a log."""
        return f"Owner({self.kind})"

    @classmethod
    def person(cls, user_id: UUID) -> Owner:
        """Return the owner of data about a person."""
        return cls("person", user_id.bytes)

    @classmethod
    def org(cls, org_id: UUID) -> Owner:
        """Return the owner of data about an organisation's people as a whole."""
        return cls("org", org_id.bytes)

    @classmethod
    def contact(cls, index: bytes) -> Owner:
        """Return the owner for a contact that is no person's here, by its blind index."""
        return cls("contact", index)

    @property
    def place(self) -> tuple[str, str]:
        """The owner as a part of a place that values are sealed for."""
        return (self.kind, self.ref.hex())
