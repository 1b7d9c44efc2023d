"""Hand messages to an HTTP gateway (SMS, WhatsApp): a JSON POST with a bearer secret."""

from typing import Final

import httpx

from pipelines.notifications.senders.contract import MessageRefusedError, OutgoingMessage, SenderUnavailableError

SECONDS: Final = 10.0
_REFUSED_FOR_GOOD: Final = frozenset({400, 404, 410, 413, 422})
"""Answers about the message itself. 401 and 403 are about our secret, and wait for an operator."""


class HttpSender:
    """Posts `{"id", "to", "kind", "from", "subject", "text"}`; any 2xx means taken.

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
            "to": message.recipient.value,
            "kind": message.recipient.kind,
            "from": self._from,
            "subject": message.subject,
            "text": message.text,
        }
        try:
            answer = self._client.post(self._url, json=body, headers={"Idempotency-Key": str(message.id)})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SenderUnavailableError(f"The message gateway does not answer: {type(error).__name__}.") from None
        if answer.is_success:
            return
        if answer.status_code in _REFUSED_FOR_GOOD:
            raise MessageRefusedError(f"The message gateway refuses the message ({answer.status_code}).")
        raise SenderUnavailableError(f"The message gateway does not take messages now ({answer.status_code}).")
