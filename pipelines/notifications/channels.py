"""Define the channels by which people are told, the kinds of messages that they choose channels for, and recipients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from core.identity.contacts import Contact, ContactKind

Channel = Literal["sms", "whatsapp", "email", "push"]
CHANNELS: Final[tuple[Channel, ...]] = ("sms", "whatsapp", "email", "push")
Kind = Literal[
    "lead_assigned",
    "lead_message",
    "lead_sla",
    "lead_reply",
    "ads",
    "feed_reports",
    "photo_contests",
    "saved_search",
    "webhooks",
]
KINDS: Final[Mapping[Kind, tuple[Channel, ...]]] = {
    "lead_assigned": ("push",),
    "lead_message": ("push",),
    "lead_sla": ("push",),
    "lead_reply": ("sms", "email"),
    "ads": ("sms",),
    "feed_reports": ("push", "email"),
    "photo_contests": ("push", "email"),
    "saved_search": ("push", "email"),
    "webhooks": ("sms",),
}
"""The channels of each kind for people who have chosen none; whom they do not reach is told by phone, else by mail."""
ALWAYS_SENT: Final[frozenset[Kind]] = frozenset({"lead_reply"})
"""Kinds that cannot be turned off: a buyer has asked, and this is the answer."""

_OF_CONTACTS: Final[Mapping[ContactKind, Channel]] = {"phone": "sms", "email": "email"}


@dataclass(frozen=True)
class Recipient:
    """A channel with its number, its e-mail address, or its token of an app."""

    channel: Channel
    value: str = field(repr=False)

    @classmethod
    def of(cls, contact: Contact) -> "Recipient":
        """Make the recipient for a contact: SMS for a phone number, e-mail for an address."""
        return cls(_OF_CONTACTS[contact.kind], contact.value)

    @property
    def contact(self) -> Contact | None:
        """The contact; None for an app."""
        if self.channel == "push":
            return None
        return Contact("email" if self.channel == "email" else "phone", self.value)


def ways_to(contact: Contact, wanted: tuple[Channel, ...]) -> tuple[Recipient, ...]:
    """Return a recipient for each wanted channel that can reach the contact."""
    fitting = ("email",) if contact.kind == "email" else ("sms", "whatsapp")
    return tuple(Recipient(channel, contact.value) for channel in wanted if channel in fitting)
