"""The contract of senders."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from core.errors import PermanentError, RetryableError
from pipelines.notifications.channels import Recipient
from pipelines.notifications.templates import Text


class SenderUnavailableError(RetryableError):
    """The gateway or mail server did not take the message now; it is tried again later.

    The sentence goes to logs and to the table: it holds neither the recipient nor the text.
    """

    code = "sender_unavailable"


class MessageRefusedError(PermanentError):
    """The gateway or mail server refuses this message for good. The sentence holds neither recipient nor text."""

    code = "message_refused"


class RecipientGoneError(MessageRefusedError):
    """The number, address or app does not exist any more: nothing reaches it again."""

    code = "recipient_gone"


@dataclass(frozen=True)
class OutgoingMessage:
    """A message as it is sent. `id` lets a gateway drop a message that it was given twice."""

    id: UUID
    recipient: Recipient
    content: Text = field(repr=False)
    language: str = "en"


class Sender(Protocol):
    """Sends messages. A return means that the next hop has taken the message, not that it has arrived."""

    def send(self, message: OutgoingMessage) -> None:
        """Send one message, within about ten seconds.

        Raises:
            SenderUnavailableError: it may go later.
            RecipientGoneError: nothing reaches this recipient any more.
            MessageRefusedError: this message never will.
        """
