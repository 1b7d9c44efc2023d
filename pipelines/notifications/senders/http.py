"""Hand messages to an HTTP gateway (SMS, WhatsApp, push): a JSON POST with a bearer secret."""

from typing import Final

import httpx

from pipelines.notifications.senders.contract import (
    MessageRefusedError,
    OutgoingMessage,
    RecipientGoneError,
    SenderUnavailableError,
)

SECONDS: Final = 10.0
_GONE: Final = 410
_REFUSED_FOR_GOOD: Final = frozenset({400, 413, 422})
"""Answers about the message itself. 401 and 403 are about our secret, 404 about the address that we were given: they
wait for an operator, since everything that is sent meanwhile would be lost."""
_KINDS: Final = {"sms": "phone", "whatsapp": "phone", "email": "email", "push": "device"}


class HttpSender:
    """Posts `{"id", "channel", "to", "kind", "from", "language", "subject", "text"}`; any 2xx means taken.

    The id also stands in `Idempotency-Key`: a gateway that honours it sends a repeated message once.
    """

    def __init__(self, url: str, secret: str, sender_name: str, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url
        self._from = sender_name
        headers = {"Authorization": f"Bearer {secret}"}
        self._client = httpx.Client(timeout=SECONDS, headers=headers, follow_redirects=False, transport=transport)

    def send(self, message: OutgoingMessage) -> None:
        """Post one message."""
        body = {
            "id": str(message.id),
            "channel": message.recipient.channel,
            "to": message.recipient.value,
            "kind": _KINDS[message.recipient.channel],
            "from": self._from,
            "language": message.language,
            "subject": message.content.subject,
            "text": message.content.text,
        }
        try:
            answer = self._client.post(self._url, json=body, headers={"Idempotency-Key": str(message.id)})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SenderUnavailableError(f"The message gateway does not answer: {type(error).__name__}.") from None
        if answer.is_success:
            return
        if answer.status_code == _GONE:
            raise RecipientGoneError(f"The message gateway does not reach the recipient any more ({_GONE}).")
        if answer.status_code in _REFUSED_FOR_GOOD:
            raise MessageRefusedError(f"The message gateway refuses the message ({answer.status_code}).")
        raise SenderUnavailableError(f"The message gateway does not take messages now ({answer.status_code}).")
