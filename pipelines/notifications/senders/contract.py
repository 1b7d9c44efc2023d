"""The contract of senders."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from core.errors import PermanentError, RetryableError
from core.identity.contacts import Contact


class SenderUnavailableError(RetryableError):
    """The gateway or mail server did not take the message now; it is tried again later.

    The sentence goes to logs and to the table: it holds neither the recipient nor the text.
    """

    code = "sender_unavailable"


class MessageRefusedError(PermanentError):
    """The gateway or mail server refuses this message for good. The sentence holds neither recipient nor text."""

    code = "message_refused"


@dataclass(frozen=True)
class OutgoingMessage:
    """A message as it is sent. `id` lets a gateway drop a message that it was given twice."""

    id: UUID
    recipient: Contact
    subject: str = field(repr=False)
    text: str = field(repr=False)


class Sender(Protocol):
    """Sends messages. A return means that the next hop has taken the message, not that it has arrived."""

    def send(self, message: OutgoingMessage) -> None:
        """Send one message, within about ten seconds.

        Raises:
            SenderUnavailableError: it may go later.
            MessageRefusedError: it never will.
        """
